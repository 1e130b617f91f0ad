//! The findings of `GetFindings`, read by ourselves.
//!
//! The SDK's type of a resource has a field for every type that AWS knows: 31 KB each, three megabytes a page, and in a build
//! for development more stack than a thread has while it reads one. So the SDK does everything but that.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_securityhub::operation::get_findings::GetFindingsOutput;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, Error, Output,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse, SharedResponseDeserializer};
use aws_smithy_types::config_bag::ConfigBag;
use serde::Deserialize;
use serde_json::Value;

/// What `GetFindings` has answered.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Answer {
    /// The findings.
    pub findings: Option<Vec<Value>>,
    /// What to ask the next page with.
    pub next_token: Option<String>,
}

/// Takes the findings of one call. Clones take the same ones.
#[derive(Debug, Clone, Default)]
pub(super) struct TakesFindings(Arc<Mutex<Option<Answer>>>);

impl TakesFindings {
    /// What was answered, where it was no error.
    pub fn taken(&self) -> Option<Answer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[dyn_dispatch_hint]
impl Intercept for TakesFindings {
    fn name(&self) -> &'static str {
        "TakesFindings"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _runtime_components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // What is an error is left to the SDK.
        if context.response().status().is_success() {
            config.interceptor_state().store_put(SharedResponseDeserializer::new(self.clone()));
        }
        Ok(())
    }
}

impl DeserializeResponse for TakesFindings {
    fn deserialize_nonstreaming_with_config(
        &self,
        response: &HttpResponse,
        _config: &ConfigBag,
    ) -> Result<Output, OrchestratorError<Error>> {
        let body = response.body().bytes().unwrap_or_default();
        let answer: Answer = serde_json::from_slice(body).map_err(OrchestratorError::other)?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        Ok(Output::erase(GetFindingsOutput::builder().build()))
    }
}
