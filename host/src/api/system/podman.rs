//! What Podman tells of itself in its own interface alone.

use crate::api::json::{Record, Source, value};
use crate::api::{Error, Result};

/// The capabilities that it gives by default.
pub(super) fn capabilities(body: &[u8]) -> Result<Vec<String>> {
    let Info { host } = value(body)?;
    let told = host.security.capabilities;
    let told = told.ok_or_else(|| Error::protocol("the engine doesn't tell its capabilities"))?;
    let names = told.split(',').filter(|name| !name.is_empty());
    Ok(names.map(str::to_owned).collect())
}

#[derive(Default)]
struct Info {
    host: Host,
}

#[derive(Default)]
struct Host {
    security: Security,
}

#[derive(Default)]
struct Security {
    capabilities: Option<String>,
}

impl Record for Info {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "host" => value.put(&mut self.host),
            _ => value.skip(),
        }
    }
}

impl Record for Host {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "security" => value.put(&mut self.security),
            _ => value.skip(),
        }
    }
}

impl Record for Security {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "capabilities" => value.put(&mut self.capabilities),
            _ => value.skip(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_are_told_is_not_untold() {
        let none = br#"{"host":{"security":{"capabilities":""}}}"#;
        assert_eq!(capabilities(none).expect("read"), Vec::<String>::new());
        for untold in ["{}", r#"{"host":{"security":{}}}"#, "[]", "null"] {
            assert!(capabilities(untold.as_bytes()).is_err(), "{untold}");
        }
    }
}
