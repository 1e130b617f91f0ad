//! The events: a change of a repository in the function's own account, under a key of its own.

use std::path::Path;

use anyhow::Context as _;
use integration_tests::{Key, Organization};
use serde_json::Value;

/// The organization, and events that it has an answer to.
pub struct Events {
    /// What the simulator simulates.
    pub organization: Organization,
    /// Always about the same key, which the rule knows after the first.
    pub known_key: Value,
    /// Each about a key of its own.
    pub new_keys: Vec<Value>,
}

impl Events {
    /// `tests/events/ecr-change.json`, as it is and with `count` other keys.
    pub fn load(tests: &Path, count: usize) -> anyhow::Result<Self> {
        let mut organization = Organization::load(&tests.join("organizations/rule.toml"))?;
        let path = tests.join("events/ecr-change.json");
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let model = organization.keys.iter().find(|key| key.name == "images").context("no key `images`")?.clone();
        let model_id = model.id.clone().context("the key `images` has no id")?;
        let mut new_keys = Vec::new();
        for number in 0..count {
            let id = format!("22222222-0000-4000-8000-{number:012}");
            new_keys.push(serde_json::from_str(&text.replace(&model_id, &id))?);
            let name = format!("new-{number}");
            organization.keys.push(Key { name, id: Some(id), aliases: Vec::new(), ..model.clone() });
        }
        Ok(Self { organization, known_key: serde_json::from_str(&text)?, new_keys })
    }
}
