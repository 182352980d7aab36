use std::cell::RefCell;
use std::rc::Rc;

use futures::StreamExt;
use futures::executor::block_on;
use futures::task::noop_waker_ref;

use super::*;
use crate::error::ErrorKind;

/// What a fake host has to hand out, and what became of its stream.
#[derive(Default)]
struct Host {
    /// Deliveries to come; an empty one is a read that has to wait, once.
    deliveries: VecDeque<Vec<u32>>,
    /// The size of each read.
    asked: Vec<usize>,
    dropped: bool,
}

/// A source as the host's streams are: each read takes one delivery, and what a dropped read had taken is lost.
struct Fake(Rc<RefCell<Host>>);

impl Source for Fake {
    type Item = u32;

    fn read(self, mut buffer: Vec<u32>) -> Read<Self> {
        self.0
            .borrow_mut()
            .asked
            .push(buffer.capacity() - buffer.len());
        Box::pin(async move {
            let delivery =
                std::future::poll_fn(|_| match self.0.borrow_mut().deliveries.pop_front() {
                    Some(delivery) if delivery.is_empty() => Poll::Pending,
                    delivery => Poll::Ready(delivery),
                })
                .await;
            let more = delivery.is_some();
            buffer.extend(delivery.unwrap_or_default());
            (self, buffer, more)
        })
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.0.borrow_mut().dropped = true;
    }
}

fn fake(deliveries: &[&[u32]], end: End) -> (Rc<RefCell<Host>>, Items<Fake>) {
    let deliveries = deliveries.iter().map(|items| items.to_vec()).collect();
    let host = Rc::new(RefCell::new(Host {
        deliveries,
        ..Host::default()
    }));
    let items = Items::new(Fake(host.clone()), end, 4);
    (host, items)
}

fn well() -> End {
    Box::pin(async { Ok(()) })
}

fn poll<S: Stream + Unpin>(stream: &mut S) -> Poll<Option<S::Item>> {
    stream.poll_next_unpin(&mut Context::from_waker(noop_waker_ref()))
}

#[test]
fn items_come_in_order_and_once() {
    let (host, items) = fake(&[&[1, 2, 3], &[4], &[5, 6]], well());
    let items: Vec<u32> = block_on(items.map(Result::unwrap).collect());
    assert_eq!(items, [1, 2, 3, 4, 5, 6]);
    assert_eq!(host.borrow().asked, [4, 4, 4, 4]);
    assert!(host.borrow().dropped);
}

#[test]
fn a_next_that_is_dropped_loses_nothing() {
    // Each item comes after a read that had to wait, and each wait loses its race.
    let (_, mut items) = fake(&[&[], &[1], &[], &[], &[2, 3], &[], &[4]], well());
    let (mut seen, mut lost) = (Vec::new(), 0);
    loop {
        // A new future of `next` each time, dropped when it isn't ready at once.
        match items.next().now_or_never() {
            Some(Some(item)) => seen.push(item.unwrap()),
            Some(None) => break,
            None => lost += 1,
        }
    }
    assert_eq!((seen, lost), (vec![1, 2, 3, 4], 4));
}

#[test]
fn dropping_it_in_mid_read_lets_go_of_source_and_end() {
    let alive = Rc::new(());
    let inside = alive.clone();
    let end: End = Box::pin(async move {
        let _inside = inside;
        Ok(())
    });
    let (host, mut items) = fake(&[&[], &[1]], end);
    assert!(poll(&mut items).is_pending());
    assert!(!host.borrow().dropped);
    drop(items);
    assert!(host.borrow().dropped);
    assert_eq!(Rc::strong_count(&alive), 1);
}

#[test]
fn an_error_is_the_last_item() {
    let error = Error::new(
        ErrorKind::Unavailable,
        "container.logs",
        "the engine went away",
    );
    let expected = error.clone();
    let (_, mut items) = fake(&[&[1]], Box::pin(async move { Err(error) }));
    assert_eq!(block_on(items.next()), Some(Ok(1)));
    assert!(!items.is_terminated());
    assert_eq!(block_on(items.next()), Some(Err(expected)));
    assert!(items.is_terminated());
    assert_eq!(block_on(items.next()), None);
}

#[test]
fn the_end_is_awaited_after_the_last_item() {
    let mut turns = 0;
    let end = Box::pin(std::future::poll_fn(move |_| {
        turns += 1;
        if turns < 2 {
            Poll::Pending
        } else {
            Poll::Ready(Ok(()))
        }
    }));
    let (host, mut items) = fake(&[&[1]], end);
    assert_eq!(poll(&mut items), Poll::Ready(Some(Ok(1))));
    assert_eq!(poll(&mut items), Poll::Pending);
    assert!(
        host.borrow().dropped,
        "a source that is at its end is let go"
    );
    assert_eq!(poll(&mut items), Poll::Ready(None));
    assert_eq!(poll(&mut items), Poll::Ready(None));
}

#[test]
fn hints_count_what_is_there() {
    let (_, mut items) = fake(&[&[1, 2, 3]], well());
    assert_eq!(items.size_hint(), (0, None));
    assert_eq!(poll(&mut items), Poll::Ready(Some(Ok(1))));
    assert_eq!(items.size_hint(), (2, None));
}
