//! Requests, as who stands between a client and an engine sees them.

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt};

/// A request as it came; its body if its length was told.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Method, path with query, protocol.
    pub line: String,
    /// The lines below that.
    headers: Vec<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Asked {
    /// Reads the next one. None is the end.
    pub(crate) async fn read(from: &mut (impl AsyncRead + Unpin)) -> Option<Self> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(from.read_u8().await.ok()?);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut lines = head.lines().map(str::to_owned);
        let line = lines.next()?;
        let headers: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
        let length = headers.iter().find_map(|line| {
            let line = line.to_ascii_lowercase();
            line.strip_prefix("content-length:")?.trim().parse().ok()
        });
        let mut body = vec![0; length.unwrap_or(0)];
        from.read_exact(&mut body).await.ok()?;
        Some(Self {
            line,
            headers,
            body,
        })
    }

    /// Whether it asks for this, by the method and the path behind the version.
    pub fn is(&self, method: &str, path: &str) -> bool {
        let mut words = self.line.split(' ');
        let method = words.next() == Some(method);
        let target = words.next().unwrap_or_default();
        let target = target.split('?').next().unwrap_or_default();
        let behind_version = target.trim_start_matches('/').split_once('/');
        method && behind_version.is_some_and(|(_, rest)| rest == path.trim_start_matches('/'))
    }

    /// Makes another body of its own, which is JSON.
    ///
    /// # Panics
    ///
    /// Panics if it isn't.
    pub fn change(&mut self, change: impl FnOnce(&mut Value)) {
        let mut body = serde_json::from_slice(&self.body).expect("JSON");
        change(&mut body);
        self.body = body.to_string().into_bytes();
    }

    pub(crate) fn written(&self) -> Vec<u8> {
        let is_length = |line: &&String| !line.to_ascii_lowercase().starts_with("content-length:");
        let mut head = format!("{}\r\n", self.line);
        for line in self.headers.iter().filter(is_length) {
            head += &format!("{line}\r\n");
        }
        if !self.body.is_empty() {
            head += &format!("Content-Length: {}\r\n", self.body.len());
        }
        [head.as_bytes(), b"\r\n", &self.body].concat()
    }
}
