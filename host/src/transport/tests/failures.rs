//! Engines that are not there, are slow, refuse, or break.

use std::time::{Duration, Instant};

use hyper::StatusCode;
use tokio::time::timeout;

use crate::transport::testing::{Engine, FLOW, Peer, SOON, address, answer};
use crate::transport::{
    Address, ApiVersion, Error, ErrorKind, HeadTimeout, Phase, Request, Transport,
};

fn get() -> Request {
    Request::get("/containers/{id}/json").segment("web")
}

async fn error_of(answer: impl Into<Vec<u8>>) -> Error {
    let engine = Engine::answering(answer);
    let called = timeout(SOON, engine.transport().call(get()))
        .await
        .expect("an end");
    called.expect_err("no success")
}

fn to(address: Address) -> Transport {
    Transport::builder(address)
        .api_version(ApiVersion::OLDEST)
        .build()
        .expect("a transport")
}

#[tokio::test]
async fn no_engine_is_told_at_once_and_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = address(&folder.path().join("none"));
    let abandoned = folder.path().join("old");
    drop(std::os::unix::net::UnixListener::bind(&abandoned).expect("a socket"));
    let tcp = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = tcp.local_addr().expect("an address").port();
    drop(tcp);
    let refusing = Address::Tcp {
        host: "127.0.0.1".to_owned(),
        port,
    };
    for (address, reason) in [
        (missing, "no such socket"),
        (address(&abandoned), "connection refused"),
        (refusing, "connection refused"),
    ] {
        let name = address.to_string();
        let transport = to(address);
        let started = Instant::now();
        let called = transport.call(get()).await.expect_err("no engine");
        let streamed = transport.stream(get()).await.expect_err("no engine");
        assert!(started.elapsed() < SOON);
        for error in [called, streamed] {
            assert!(matches!(error.kind(), ErrorKind::Unavailable(_)));
            assert!(!error.sent());
            let text = error.to_string();
            for part in [
                &name,
                reason,
                "is the engine running?",
                "DOCKER_HOST",
                "--engine",
            ] {
                assert!(text.contains(part), "{text}");
            }
            assert!(text.ends_with("(GET /containers/{id}/json)"), "{text}");
        }
    }
}

#[test]
fn a_socket_that_may_not_be_opened_has_a_hint_of_its_own() {
    let denied = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    let text = Error::connect(&denied, &Address::default()).to_string();
    assert!(
        text.contains("permission denied") && text.contains("group docker"),
        "{text}"
    );
}

#[tokio::test]
async fn tcp_engines_are_reached() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let serving = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut buffer = [0; 1024];
        let count = stream.read(&mut buffer).await.expect("a request");
        stream
            .write_all(answer("200 OK", "", "ok").as_bytes())
            .await
            .expect("sent");
        String::from_utf8_lossy(buffer.get(..count).unwrap_or_default()).into_owned()
    });
    let transport = to(format!("tcp://127.0.0.1:{port}")
        .parse()
        .expect("an address"));
    assert_eq!(transport.call(get()).await.expect("an answer").body, "ok");
    assert!(
        serving
            .await
            .expect("a request")
            .contains(&format!("host: 127.0.0.1:{port}\r\n"))
    );
}

#[tokio::test]
async fn a_connection_that_is_not_made_is_given_up() {
    let (_waiting, address, _listener) = busy_listener();
    let limit = Duration::from_millis(100);
    let transport = Transport::builder(address)
        .api_version(ApiVersion::OLDEST)
        .connect_timeout(limit)
        .build()
        .expect("a transport");
    let error = timeout(SOON, transport.call(get()))
        .await
        .expect("an end")
        .expect_err("no engine");
    assert!(
        matches!(error.kind(), ErrorKind::Timeout { phase: Phase::Connect, limit: l } if *l == limit),
        "{error}"
    );
    assert!(!error.sent());
    assert!(
        error
            .to_string()
            .contains("connecting to the engine took longer than 0.1 s")
    );
}

/// A listener whose queue is full, with what fills it.
fn busy_listener() -> (Vec<std::net::TcpStream>, Address, std::net::TcpListener) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let place = listener.local_addr().expect("an address");
    let mut waiting = Vec::new();
    // The standard library listens with a queue of 128 or more, up to the system's limit.
    while let Ok(stream) = std::net::TcpStream::connect_timeout(&place, Duration::from_millis(200))
    {
        waiting.push(stream);
    }
    (
        waiting,
        Address::Tcp {
            host: "127.0.0.1".to_owned(),
            port: place.port(),
        },
        listener,
    )
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_given_up() {
    let engine = Engine::start(Peer::closed);
    let limit = Duration::from_millis(50);
    let transport = engine
        .builder()
        .api_version(ApiVersion::OLDEST)
        .head_timeout(limit)
        .build()
        .expect("a transport");
    let called = transport.call(get()).await.expect_err("no answer");
    let streamed = transport.stream(get()).await.expect_err("no answer");
    for error in [called, streamed] {
        assert!(
            matches!(
                error.kind(),
                ErrorKind::Timeout {
                    phase: Phase::Head,
                    ..
                }
            ),
            "{error}"
        );
        assert!(error.sent());
    }
    for patience in [
        HeadTimeout::Never,
        HeadTimeout::Extended(SOON),
        HeadTimeout::Within(SOON),
    ] {
        let call = transport.call(get().head_timeout(patience));
        assert!(
            timeout(4 * limit, call).await.is_err(),
            "{patience:?} still waits"
        );
    }
}

#[tokio::test]
async fn a_body_that_stops_is_given_up() {
    let engine = Engine::answering(format!("{FLOW}1\r\nx\r\n"));
    let request = get().head_timeout(HeadTimeout::Within(Duration::from_millis(50)));
    let error = engine.transport().call(request).await.expect_err("no end");
    assert!(
        matches!(
            error.kind(),
            ErrorKind::Timeout {
                phase: Phase::Body,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn an_error_has_its_status_words_and_route() {
    let body = r#"{"message":"no such container: web"}"#;
    let engine = Engine::answering(answer("404 Not Found", "", body));
    let transport = engine.transport();
    for _ in 0..3 {
        let error = transport.call(get()).await.expect_err("a refusal");
        assert_eq!(error.status(), Some(StatusCode::NOT_FOUND));
        assert!(error.sent());
        assert_eq!(error.kind().to_string(), "no such container: web");
        assert_eq!(
            error.to_string(),
            "no such container: web (GET /containers/{id}/json)"
        );
    }
    assert_eq!(
        engine.accepted(),
        1,
        "an error is no reason to close a connection"
    );
    let error = transport.stream(get()).await.expect_err("a refusal");
    assert_eq!(error.status(), Some(StatusCode::NOT_FOUND));
}

#[tokio::test]
async fn errors_of_any_form_are_told() {
    let head = "HTTP/1.1 500 Oops\r\nContent-Type: text/html\r\n";
    for (answer, told) in [
        (
            answer("500 Oops", "", "page not found\n").into_bytes(),
            "page not found",
        ),
        (
            answer("500 Oops", "", "").into_bytes(),
            "internal server error",
        ),
        (
            answer("500 Oops", "", "<html>proxy</html>").into_bytes(),
            "internal server error",
        ),
        (
            [head.as_bytes(), b"Content-Length: 3\r\n\r\na\xffb"].concat(),
            "a\u{fffd}b",
        ),
        // The engine leaves while it explains itself.
        (
            [head.as_bytes(), b"Connection: close\r\n\r\nto its end"].concat(),
            "to its end",
        ),
    ] {
        let engine = Engine::start(move |mut peer| {
            let answer = answer.clone();
            async move {
                peer.request().await;
                peer.send(answer).await;
            }
        });
        let error = engine.transport().call(get()).await.expect_err("a refusal");
        assert_eq!(error.status(), Some(StatusCode::INTERNAL_SERVER_ERROR));
        assert_eq!(error.kind().to_string(), told);
    }
}

#[tokio::test]
async fn an_endless_error_is_read_no_further_than_it_is_of_use() {
    let engine = Engine::start(|mut peer| async move {
        peer.request().await;
        peer.send("HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n")
            .await;
        for _ in 0..10_000 {
            peer.chunk(&[b'x'; 8192]).await;
        }
        std::future::pending::<()>().await;
    });
    let called = timeout(SOON, engine.transport().call(get()))
        .await
        .expect("an end");
    let error = called.expect_err("a refusal");
    assert!(error.to_string().len() < 9_000);
}

#[tokio::test]
async fn what_is_not_http_is_not_understood() {
    let huge_head = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(1 << 20));
    let bad_chunk = format!("{FLOW}zz\r\n");
    let engine_of_another_kind = "SSH-2.0-OpenSSH_9.2\r\n\r\n".to_owned();
    for answer in [huge_head, bad_chunk, engine_of_another_kind] {
        let error = error_of(answer).await;
        assert!(matches!(error.kind(), ErrorKind::Protocol(_)), "{error}");
        assert!(error.sent());
    }
}

#[tokio::test]
async fn a_connection_that_ends_too_early_is_a_loss_of_the_engine() {
    for part in [
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx",
    ] {
        let engine = Engine::start(move |mut peer| async move {
            peer.request().await;
            peer.send(part).await;
        });
        let called = timeout(SOON, engine.transport().call(get()))
            .await
            .expect("an end");
        let error = called.expect_err("no answer");
        assert!(
            matches!(error.kind(), ErrorKind::Unavailable(_)),
            "{part:?}: {error}"
        );
        assert!(
            error.to_string().contains("closed the connection before"),
            "{part:?}: {error}"
        );
        assert!(error.sent(), "{part:?}");
        assert_eq!(
            engine.accepted(),
            1,
            "what may have been done is not asked again"
        );
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_made_is_not_sent() {
    let engine = Engine::answering(answer("200 OK", "", ""));
    let transport = engine.builder().build().expect("a transport");
    let request = || Request::get("/containers/{id}/json").segment("../images");
    let called = transport.call(request()).await.expect_err("no request");
    let streamed = transport.stream(request()).await.expect_err("no request");
    for error in [called, streamed] {
        assert!(
            matches!(error.kind(), ErrorKind::InvalidRequest(_)),
            "{error}"
        );
        assert!(!error.sent());
    }
    assert_eq!(engine.accepted(), 0);
}
