//! The `configuration` of AWS Config's items.

use ecr_encryption_core::{EncryptionConfiguration, EncryptionType};
use serde_json::Value;

/// The encryption that the `configuration` of an `AWS::ECR::Repository` tells; `None` where it does not, which is not
/// `AES256`.
pub fn encryption(configuration: &Value) -> Option<EncryptionConfiguration> {
    let encryption = field(configuration, "EncryptionConfiguration")?;
    Some(EncryptionConfiguration {
        encryption_type: EncryptionType::from(text(encryption, "EncryptionType")?),
        kms_key: text(encryption, "KmsKey").map(str::to_owned),
    })
}

/// A field of an object, in `PascalCase`, as `CloudFormation` writes, or in camelCase, as the service's API does.
pub fn field<'a>(object: &'a Value, pascal_case: &str) -> Option<&'a Value> {
    let mut characters = pascal_case.chars();
    let camel_case: String =
        characters.next().into_iter().map(|first| first.to_ascii_lowercase()).chain(characters).collect();
    object
        .get(pascal_case)
        .filter(|value| !value.is_null())
        .or_else(|| object.get(&camel_case))
        .filter(|value| !value.is_null())
}

/// A text that is not blank, in either way of writing.
pub fn text<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    field(object, name)?.as_str().filter(|text| !text.trim().is_empty())
}
