//! Waiting for a container's end.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures::Stream;

use super::Container;
use super::types::{ContainerExit, WaitCondition};
use crate::api::json::{Record, Source, value, weigh};
use crate::api::{Error, Result};
use crate::transport::{BodyStream, HeadTimeout, Holding, Request};

/// The largest answer to a wait, in bytes: a number, and perhaps a message.
const MAX_ANSWER: usize = 64 << 10;

impl Container<'_> {
    /// Waits for it: `POST /containers/{id}/wait`.
    ///
    /// The call returns when the engine has begun to wait, the future when it is over; so wait
    /// first, and start then, to miss nothing. Neither has a timeout. Podman before 5 may answer
    /// at the end only, so that the call takes as long as the wait.
    ///
    /// Waiting for the end of a container that never ran ends at once; Podman tells a status of
    /// -1 then.
    pub async fn wait(&self, until: WaitCondition) -> Result<ExitFuture> {
        let condition = match until {
            WaitCondition::NotRunning => "not-running",
            WaitCondition::NextExit => "next-exit",
            WaitCondition::Removed => "removed",
        };
        let request = self
            .at(Request::post("/containers/{id}/wait"))
            .query("condition", condition)
            .reading()
            .head_timeout(HeadTimeout::Never);
        let body = self.client.open(request).await?;
        Ok(ExitFuture {
            memory: body.memory(),
            body,
            answer: BytesMut::new(),
        })
    }
}

/// How a container ends, when it does. Dropping it closes its connection at once.
///
/// Fails with `Unavailable` if the engine goes away before. After it has been ready, it fails
/// with `Protocol`.
pub struct ExitFuture {
    body: BodyStream,
    answer: BytesMut,
    memory: Option<Holding>,
}

impl Future for ExitFuture {
    type Output = Result<ContainerExit>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        while let Some(piece) = ready!(Pin::new(&mut this.body).poll_next(cx)) {
            let piece: Bytes = piece?;
            if this.answer.len() + piece.len() > MAX_ANSWER {
                let error = Error::protocol("the engine's answer to a wait is too large");
                return Poll::Ready(Err(error.at(this.body.route())));
            }
            this.answer.extend_from_slice(&piece);
            if let Some(memory) = &mut this.memory {
                memory.reach(this.answer.capacity())?;
            }
        }
        let answer = std::mem::take(&mut this.answer);
        let exit = weigh(&answer)
            .and_then(|_| value::<Exit>(&answer))
            .map_err(|error| error.at(this.body.route()))?;
        Poll::Ready(Ok(ContainerExit {
            status_code: exit.status_code.unwrap_or(-1),
            error: exit.error.and_then(|error| error.message),
        }))
    }
}

impl fmt::Debug for ExitFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExitFuture").finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Exit {
    status_code: Option<i64>,
    error: Option<ExitError>,
}

impl Record for Exit {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "StatusCode" => value.put(&mut self.status_code),
            "Error" => value.put(&mut self.error),
            _ => value.skip(),
        }
    }
}

#[derive(Default)]
struct ExitError {
    message: Option<String>,
}

impl Record for ExitError {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Message" => value.put(&mut self.message),
            _ => value.skip(),
        }
    }
}
