//! Texts, each held once however many findings have it: the steps of a remediation repeat in thousands of them.

use std::collections::HashMap;
use std::sync::Arc;

/// Texts by number, for as long as somebody uses them.
#[derive(Debug, Default)]
pub(super) struct Strings {
    numbers: HashMap<Arc<str>, u32>,
    entries: Vec<Option<Entry>>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct Entry {
    text: Arc<str>,
    users: u32,
}

impl Strings {
    /// The number of `text`, which has one user more from now on.
    pub(super) fn hold(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.numbers.get(text) {
            if let Some(Some(entry)) = self.entries.get_mut(number as usize) {
                entry.users += 1;
            }
            return number;
        }
        let text: Arc<str> = text.into();
        let entry = Some(Entry { text: Arc::clone(&text), users: 1 });
        let number = if let Some(number) = self.free.pop() {
            if let Some(place) = self.entries.get_mut(number as usize) {
                *place = entry;
            }
            number
        } else {
            self.entries.push(entry);
            // Far more texts than findings times columns would have to be held at once.
            u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX)
        };
        self.numbers.insert(text, number);
        number
    }

    /// One user of the text with this number is gone, and with the last one the text.
    pub(super) fn release(&mut self, number: u32) {
        let Some(place) = self.entries.get_mut(number as usize) else { return };
        let Some(entry) = place else { return };
        entry.users -= 1;
        if entry.users == 0 {
            self.numbers.remove(&entry.text);
            *place = None;
            self.free.push(number);
        }
    }

    /// The number of `text`, if it has one.
    pub(super) fn find(&self, text: &str) -> Option<u32> {
        self.numbers.get(text).copied()
    }

    /// How many texts are held.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// The text with this number.
    pub(super) fn get(&self, number: u32) -> &str {
        self.entries.get(number as usize).and_then(Option::as_ref).map_or("", |entry| &entry.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_number_until_its_last_user_is_gone() {
        let mut strings = Strings::default();
        let one = strings.hold("one");
        assert_eq!(strings.hold("one"), one);
        let two = strings.hold("two");
        assert_ne!(one, two);
        strings.release(one);
        assert_eq!(strings.find("one"), Some(one));
        strings.release(one);
        assert_eq!(strings.find("one"), None);
        assert_eq!(strings.hold("three"), one, "the number is used again");
        assert_eq!((strings.get(one), strings.get(two)), ("three", "two"));
    }

    #[test]
    fn what_nobody_uses_takes_no_room() {
        let mut strings = Strings::default();
        for index in 0..10_000 {
            let number = strings.hold(&index.to_string());
            strings.release(number);
        }
        assert_eq!((strings.entries.len(), strings.numbers.len()), (1, 0));
    }
}
