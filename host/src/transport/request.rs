//! Requests, built only from values that can't change their shape.

use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::error::{Error, ErrorKind, Result, Route};

/// The largest answer that a call keeps in memory unless its request says otherwise: 64 MiB.
///
/// The largest known ordinary answers, lists with thousands of containers, have a tenth of it.
pub const DEFAULT_BODY_LIMIT: usize = 64 << 20;

/// The longest request target in bytes, beyond which engines answer without reading it.
///
/// Go's HTTP server reads a head of 1 MiB; hyper's URI type holds 64 KiB less one.
const MAX_TARGET: usize = 60 << 10;

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// How long an answer's head may take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeadTimeout {
    /// The transport's own.
    #[default]
    Default,
    /// The transport's own and this: for an operation that is told to take its time.
    Extended(Duration),
    /// Exactly this.
    Within(Duration),
    /// No bound: for an operation that ends when something happens.
    Never,
}

/// A request to the engine.
///
/// The path is a template with placeholders, such as `/containers/{id}/json`. The values for
/// them, and those of the query, are percent-encoded, so that no value can add a segment, a
/// parameter or a line. A value that no path segment can have is found out when the request is
/// made: it fails with `InvalidRequest`, and nothing is sent.
#[derive(Debug)]
pub struct Request {
    route: Route,
    /// What of the template is still to be filled.
    rest: &'static str,
    path: String,
    query: String,
    pub(super) body: Option<Body>,
    pub(super) head_timeout: HeadTimeout,
    pub(super) body_limit: usize,
    pub(super) versioned: bool,
    /// Whether it changes nothing.
    pub(super) reads: bool,
    invalid: Option<String>,
}

/// What a request carries.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) content_type: &'static str,
    pub(super) bytes: Bytes,
}

impl Request {
    /// A request by its method and its path's template.
    pub fn new(method: Method, template: &'static str) -> Self {
        Self {
            reads: method == Method::GET,
            route: Route { method, template },
            rest: template,
            path: String::with_capacity(template.len() + 64),
            query: String::new(),
            body: None,
            head_timeout: HeadTimeout::Default,
            body_limit: DEFAULT_BODY_LIMIT,
            versioned: true,
            invalid: None,
        }
    }

    /// A `GET` of a path's template.
    pub fn get(template: &'static str) -> Self {
        Self::new(Method::GET, template)
    }

    /// A `POST` to a path's template.
    pub fn post(template: &'static str) -> Self {
        Self::new(Method::POST, template)
    }

    /// A `DELETE` of a path's template.
    pub fn delete(template: &'static str) -> Self {
        Self::new(Method::DELETE, template)
    }

    /// Says that it changes nothing, whatever its method.
    #[must_use]
    pub fn reading(self) -> Self {
        Self {
            reads: true,
            ..self
        }
    }

    /// Fills the next placeholder of the path.
    ///
    /// Engines decode a path before they look for its end, so an encoded slash would still be a
    /// slash: a value with a slash, an empty one, `.` and `..` are refused when the request is
    /// made.
    #[must_use]
    pub fn segment(mut self, value: &str) -> Self {
        if value.is_empty() || value == "." || value == ".." || value.contains(['/', '\\', '\0']) {
            let message = format!("{:?} is no name or id of an object", Shortened(value));
            self.invalid.get_or_insert(message);
        }
        match self.next_placeholder() {
            Some(literal) => {
                self.path.push_str(literal);
                self.path.extend(utf8_percent_encode(value, RESERVED));
            }
            None => {
                let message = format!("{} has no place for a segment more", self.route);
                self.invalid.get_or_insert(message);
            }
        }
        self
    }

    /// Fills the next placeholder of the path with an image's reference or id, which alone may have
    /// slashes: `registry:5000/team/app:1@sha256:...`.
    ///
    /// What has other characters than those of a reference, or a part that a server would take away
    /// (an empty one, `.`, `..`), is refused when the request is made.
    #[must_use]
    pub fn reference(mut self, value: &str) -> Self {
        let possible = |c: u8| c.is_ascii_alphanumeric() || b"-._:@/+".contains(&c);
        let dots = |part: &str| part.is_empty() || part == "." || part == "..";
        if !value.bytes().all(possible) || value.split('/').any(dots) {
            let message = format!("{:?} is no reference of an image", Shortened(value));
            self.invalid.get_or_insert(message);
            return self.fill("");
        }
        self.fill(value)
    }

    /// Fills the next placeholder with what needs no encoding.
    fn fill(mut self, value: &str) -> Self {
        match self.next_placeholder() {
            Some(literal) => {
                self.path.push_str(literal);
                self.path.push_str(value);
            }
            None => {
                let message = format!("{} has no place for a segment more", self.route);
                self.invalid.get_or_insert(message);
            }
        }
        self
    }

    /// Takes the next placeholder off the template and returns what stands before it.
    fn next_placeholder(&mut self) -> Option<&'static str> {
        let (literal, after) = self.rest.split_once('{')?;
        let (_name, rest) = after.split_once('}')?;
        self.rest = rest;
        Some(literal)
    }

    /// Adds a parameter to the query.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.query
            .push(if self.query.is_empty() { '?' } else { '&' });
        self.query.extend(utf8_percent_encode(name, RESERVED));
        self.query.push('=');
        self.query.extend(utf8_percent_encode(value, RESERVED));
        self
    }

    /// Sets the body, a JSON text.
    #[must_use]
    pub fn json(mut self, text: impl Into<Bytes>) -> Self {
        self.body = Some(Body {
            content_type: "application/json",
            bytes: text.into(),
        });
        self
    }

    /// Sets how long the answer's head may take; the same holds for each pause in an answer
    /// that [`call`](super::Transport::call) reads to its end.
    #[must_use]
    pub fn head_timeout(mut self, timeout: HeadTimeout) -> Self {
        self.head_timeout = timeout;
        self
    }

    /// Sets the largest answer in bytes that [`call`](super::Transport::call) accepts; default
    /// [`DEFAULT_BODY_LIMIT`].
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Leaves the API's version out of the path, and so needs no negotiation.
    #[must_use]
    pub fn unversioned(mut self) -> Self {
        self.versioned = false;
        self
    }

    /// Which endpoint it is for.
    pub fn route(&self) -> &Route {
        &self.route
    }

    /// Fails if no target can be made of the values.
    pub(super) fn check(&self) -> Result<()> {
        if let Some(message) = &self.invalid {
            return Err(invalid(message.clone()));
        }
        if self.rest.contains('{') {
            return Err(invalid(format!("a segment of {} has no value", self.route)));
        }
        if self.path.len() + self.query.len() > MAX_TARGET {
            return Err(invalid(format!(
                "the values for {} are too long",
                self.route
            )));
        }
        Ok(())
    }

    /// The path and query as they go over the wire, after `prefix`.
    pub(super) fn target(&self, prefix: &str) -> String {
        [prefix, &self.path, self.rest, &self.query].concat()
    }
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidRequest(message))
}

/// A guest's string in a message, not longer than a person reads.
struct Shortened<'a>(&'a str);

impl std::fmt::Debug for Shortened<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let end = self
            .0
            .char_indices()
            .nth(64)
            .map_or(self.0.len(), |(at, _)| at);
        let (start, rest) = self.0.split_at(end);
        write!(f, "{start:?}{}", if rest.is_empty() { "" } else { "..." })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(request: &Request) -> String {
        match request.check() {
            Ok(()) => request.target("/v1.41"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn values_fill_the_template() {
        let request = Request::get("/containers/{id}/json")
            .segment("web_1.a-b~")
            .query("size", "1");
        assert_eq!(target(&request), "/v1.41/containers/web_1.a-b~/json?size=1");
        let request = Request::post("/a/{x}/b/{y}").segment("1").segment("2");
        assert_eq!(target(&request), "/v1.41/a/1/b/2");
    }

    #[test]
    fn values_never_change_the_shape() {
        let nasty = "a?b=c&d#e%2e\r\nX: y\u{1b}[31m\u{e9} +";
        let request = Request::get("/containers/{id}/json")
            .segment(nasty)
            .query("n&m", nasty);
        let encoded = "a%3Fb%3Dc%26d%23e%252e%0D%0AX%3A%20y%1B%5B31m%C3%A9%20%2B";
        assert_eq!(
            target(&request),
            format!("/v1.41/containers/{encoded}/json?n%26m={encoded}")
        );
    }

    #[test]
    fn segments_that_a_server_would_take_apart_are_refused() {
        for bad in ["", ".", "..", "a/b", "../../images", "a\\b", "a\0"] {
            let request = Request::get("/containers/{id}/json").segment(bad);
            assert!(target(&request).contains("no name or id"), "{bad:?}");
        }
    }

    #[test]
    fn references_keep_their_slashes_and_nothing_else() {
        let image = |name| target(&Request::get("/images/{name}/json").reference(name));
        let name = "registry.example:5000/team/app:1.2_a@sha256:00ff";
        assert_eq!(image(name), format!("/v1.41/images/{name}/json"));
        for bad in [
            "", "/a", "a/", "a//b", "a/../b", "./a", "..", "a?b", "a%2fb", "a b", "a#b", "a\r\nb",
            "\u{e9}",
        ] {
            assert!(image(bad).contains("no reference"), "{bad:?}");
        }
    }

    #[test]
    fn a_template_and_its_values_must_fit() {
        assert!(target(&Request::get("/a/{x}")).contains("has no value"));
        assert!(target(&Request::get("/a").segment("b")).contains("no place"));
        let long = "x".repeat(MAX_TARGET);
        assert!(target(&Request::get("/a").query("q", &long)).contains("too long"));
    }
}
