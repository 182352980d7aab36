//! What an audit is told, each line held against the schema.

use std::io;
use std::sync::{Arc, Mutex, OnceLock};

use dockwit_host::policy::audit::{AuditSink, MAX_LINE, schema};
use serde_json::Value;

use crate::schema::Schema;

/// Keeps the lines of audits.
#[derive(Clone, Default)]
pub struct Lines(Arc<Kept>);

#[derive(Default)]
struct Kept {
    lines: Mutex<Vec<Value>>,
    wrong: Mutex<Vec<String>>,
    watch: Mutex<Option<Watch>>,
}

/// Sees each line before it is kept, and may refuse it.
type Watch = Box<dyn FnMut(&Value) -> io::Result<()> + Send>;

impl Lines {
    /// Shows each line that comes from now on to this, which may refuse it.
    ///
    /// # Panics
    ///
    /// Panics if another watch has.
    pub fn watch(&self, watch: impl FnMut(&Value) -> io::Result<()> + Send + 'static) {
        *self.0.watch.lock().expect("nobody panics here") = Some(Box::new(watch));
    }

    /// All lines so far.
    ///
    /// # Panics
    ///
    /// Panics if one isn't as the schema has it.
    pub fn all(&self) -> Vec<Value> {
        let wrong = self.0.wrong.lock().expect("nobody panics here");
        assert!(
            wrong.is_empty(),
            "lines that aren't as they must be: {wrong:#?}"
        );
        self.0.lines.lock().expect("nobody panics here").clone()
    }

    /// The lines about calls of a function.
    pub fn of(&self, op: &str) -> Vec<Value> {
        let mut lines = self.all();
        lines.retain(|line| line["op"] == op);
        lines
    }

    /// The events of the lines about calls of a function.
    pub fn events(&self, op: &str) -> Vec<String> {
        let event = |line: &Value| line["event"].as_str().unwrap_or_default().to_owned();
        self.of(op).iter().map(event).collect()
    }
}

impl AuditSink for Lines {
    fn write(&self, line: &str) -> io::Result<()> {
        match check(line) {
            Ok(value) => {
                if let Some(watch) = &mut *self.0.watch.lock().map_err(|_| io::ErrorKind::Other)? {
                    watch(&value)?;
                }
                self.0
                    .lines
                    .lock()
                    .map_err(|_| io::ErrorKind::Other)?
                    .push(value);
            }
            Err(why) => {
                let wrong = format!("{why}: {line}");
                self.0
                    .wrong
                    .lock()
                    .map_err(|_| io::ErrorKind::Other)?
                    .push(wrong);
            }
        }
        Ok(())
    }
}

/// Reads a line, and holds it against the schema.
///
/// # Errors
///
/// Fails if it isn't as it must be.
pub fn check(line: &str) -> Result<Value, String> {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    let schema = SCHEMA.get_or_init(|| Schema::new(schema().to_value()));
    if line.len() > MAX_LINE || line.chars().any(|c| c.is_control() && c != '\n') {
        return Err("it is too long, or has control characters".into());
    }
    let value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    schema.check(&value)?;
    Ok(value)
}
