//! Tries to reach an address, or listens at one: a program that needs nothing of the container that it runs in.

use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next().unwrap_or_default();
    if first == "listen" {
        listen(&address(&arguments.next().unwrap_or_default()));
    }
    for at in std::iter::once(first).chain(arguments) {
        match TcpStream::connect_timeout(&address(&at), Duration::from_secs(3)) {
            Ok(_) => println!("{at} reached"),
            Err(error) => println!("{at} not reached: {error}"),
        }
    }
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address and a port")
}

/// Accepts connections until standard input is closed.
fn listen(at: &SocketAddr) {
    let listener = TcpListener::bind(at).expect("a listener");
    println!("listening");
    std::thread::spawn(move || listener.incoming().for_each(drop));
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    std::process::exit(0);
}
