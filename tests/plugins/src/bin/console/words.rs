//! Words of a line, of which those with spaces are in single quotes.

pub(crate) struct Words(std::vec::IntoIter<String>);

impl Words {
    /// The next word; an empty one at the end.
    pub(crate) fn next(&mut self) -> String {
        self.0.next().unwrap_or_default()
    }

    /// What is left before a word, and behind it.
    pub(crate) fn split_at(self, word: &str) -> (Self, Self) {
        let mut before: Vec<_> = self.0.collect();
        let at = before.iter().position(|of| of == word);
        let behind = before.split_off(at.map_or(before.len(), |at| at));
        let behind = behind.into_iter().skip(1).collect::<Vec<_>>();
        (Self(before.into_iter()), Self(behind.into_iter()))
    }

    /// What is left, each as a key and its value.
    pub(crate) fn pairs(self) -> impl Iterator<Item = (String, String)> {
        self.0.map(|word| match word.split_once('=') {
            Some((key, value)) => (key.to_owned(), value.to_owned()),
            None => (word, String::new()),
        })
    }
}

pub(crate) fn words(line: &str) -> Words {
    let mut words = Vec::new();
    let mut word = None::<String>;
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Words(words.into_iter())
}
