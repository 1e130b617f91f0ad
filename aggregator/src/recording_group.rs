//! Which resource types a configuration recorder records, whoever tells of it: the recorder, or its configuration item.

/// A recorder's `recordingGroup`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordingGroup {
    /// `recordingStrategy.useOnly`; recorders from before there were strategies have none.
    pub strategy: Option<String>,
    /// `allSupported`.
    pub all_supported: Option<bool>,
    /// `resourceTypes`; `None` where they are not listed.
    pub resource_types: Option<Vec<String>>,
    /// `exclusionByResourceTypes`; `None` where they are not listed.
    pub excluded_types: Option<Vec<String>>,
}

impl RecordingGroup {
    /// Whether it records `resource_type`.
    ///
    /// # Errors
    /// Why that cannot be told.
    pub fn records(&self, resource_type: &str) -> Result<bool, String> {
        let listed = |types: &Option<Vec<String>>, what: &str| {
            let types = types.as_ref().ok_or_else(|| format!("{what} are not listed"))?;
            Ok(types.iter().any(|name| name == resource_type))
        };
        let included = || listed(&self.resource_types, "the types that it records");
        match self.strategy.as_deref() {
            Some("ALL_SUPPORTED_RESOURCE_TYPES") => Ok(true),
            Some("INCLUSION_BY_RESOURCE_TYPES") => included(),
            Some("EXCLUSION_BY_RESOURCE_TYPES") => {
                listed(&self.excluded_types, "the types that it leaves out").map(|excluded| !excluded)
            }
            Some(other) => Err(format!("its strategy `{other}` is unknown to this version")),
            None => match self.all_supported {
                Some(true) => Ok(true),
                Some(false) => included(),
                None => Err("it does not tell which types it records".to_owned()),
            },
        }
    }
}
