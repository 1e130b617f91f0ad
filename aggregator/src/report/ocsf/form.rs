//! The form of a Compliance Finding in OCSF 1.8.0, with the profile `cloud`, as far as it is used here.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Serialize, Serializer};

use crate::report::identity::Identity;

/// An event.
#[derive(Debug, Serialize)]
pub(super) struct Event<'a> {
    pub(super) activity_id: u8,
    pub(super) activity_name: &'static str,
    pub(super) category_uid: u8,
    pub(super) category_name: &'static str,
    pub(super) class_uid: u16,
    pub(super) class_name: &'static str,
    pub(super) type_uid: u32,
    pub(super) type_name: &'static str,
    #[serde(serialize_with = "milliseconds")]
    pub(super) time: Timestamp,
    pub(super) severity_id: u8,
    pub(super) severity: &'static str,
    pub(super) status_id: u8,
    pub(super) status: &'static str,
    pub(super) status_code: &'static str,
    pub(super) message: Cow<'a, str>,
    pub(super) metadata: Metadata<'a>,
    pub(super) cloud: Cloud<'a>,
    pub(super) finding_info: FindingInfo<'a>,
    pub(super) compliance: Compliance<'a>,
    pub(super) resources: [Resource<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remediation: Option<Remediation<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unmapped: Option<Unmapped<'a>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Metadata<'a> {
    pub(super) version: &'static str,
    pub(super) profiles: [&'static str; 1],
    pub(super) product: Product<'a>,
    /// All events of a run have its id.
    pub(super) correlation_uid: &'a str,
}

#[derive(Debug, Serialize)]
pub(super) struct Product<'a> {
    pub(super) name: &'static str,
    pub(super) vendor_name: &'static str,
    pub(super) version: &'a str,
}

#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "OCSF's names")]
pub(super) struct Cloud<'a> {
    pub(super) provider: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cloud_partition: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) region: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) account: Option<Account<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) org: Option<Organization<'a>>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Account<'a> {
    pub(super) uid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<&'a str>,
    pub(super) r#type: &'static str,
    pub(super) type_id: u8,
}

#[derive(Debug, Serialize)]
pub(super) struct Organization<'a> {
    pub(super) uid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ou_name: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub(super) struct FindingInfo<'a> {
    #[serde(serialize_with = "shown")]
    pub(super) uid: Uid<'a>,
    pub(super) title: &'static str,
    pub(super) types: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_milliseconds")]
    pub(super) first_seen_time: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
pub(super) struct Compliance<'a> {
    pub(super) control: &'static str,
    pub(super) status_id: u8,
    pub(super) status: &'static str,
    pub(super) status_code: &'static str,
    pub(super) status_details: [Cow<'a, str>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) control_parameters: Option<[Parameter; 1]>,
}

#[derive(Debug, Serialize)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) value: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct Resource<'a> {
    pub(super) uid: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<&'a str>,
    pub(super) r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) region: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cloud_partition: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_milliseconds")]
    pub(super) created_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) owner: Option<Owner<'a>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Owner<'a> {
    pub(super) account: Account<'a>,
}

#[derive(Debug, Serialize)]
pub(super) struct Remediation<'a> {
    pub(super) desc: Cow<'a, str>,
    pub(super) references: [&'static str; 1],
}

/// What OCSF has no field for.
#[derive(Debug, Serialize)]
pub(super) struct Unmapped<'a> {
    pub(super) finding_type: &'static str,
    pub(super) organizational_unit_path: Option<&'a str>,
    pub(super) encryption_type: Option<&'a str>,
    pub(super) encryption_level: Option<&'static str>,
    pub(super) encryption_level_is_lower_bound: bool,
    pub(super) desired_encryption_level: &'static str,
    pub(super) kms_key: Option<&'a str>,
    pub(super) kms_key_arn: Option<&'a str>,
    pub(super) key_manager: Option<&'a str>,
    pub(super) key_origin: Option<&'a str>,
    pub(super) key_state: Option<&'a str>,
    pub(super) r#override: Option<&'a str>,
    pub(super) exempt_until: Option<Date>,
    pub(super) recorded_at: Option<Timestamp>,
    pub(super) key_recorded_at: Option<Timestamp>,
}

/// What an event is about, from run to run.
#[derive(Debug)]
pub(super) enum Uid<'a> {
    Finding(Identity<'a>),
    Gap { account_id: Option<&'a str>, region: Option<&'a str> },
}

impl fmt::Display for Uid<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finding(identity) => identity.fmt(formatter),
            Self::Gap { account_id, region } => {
                write!(formatter, "{}/{}/coverage", account_id.unwrap_or("*"), region.unwrap_or("*"))
            }
        }
    }
}

fn shown<S: Serializer>(value: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn milliseconds<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(at.as_millisecond())
}

#[expect(clippy::ref_option, reason = "the form that serde calls")]
fn some_milliseconds<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => milliseconds(at, serializer),
        None => serializer.serialize_none(),
    }
}
