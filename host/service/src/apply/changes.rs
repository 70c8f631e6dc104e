use serde_json::Value;
use wasmtab_domain::job::JobSpec;

use crate::view::{ChangeView, SpecView};

/// The fields in which two specifications differ, as the API shows them.
pub(crate) fn between(before: &JobSpec, after: &JobSpec) -> Vec<ChangeView> {
    let json = |spec| serde_json::to_value(SpecView::from(spec)).unwrap_or(Value::Null);
    let (Value::Object(before), Value::Object(after)) = (json(before), json(after)) else {
        return Vec::new();
    };
    let change = |(field, to): (String, Value)| {
        let from = before.get(&field).cloned().unwrap_or(Value::Null);
        (from != to).then_some(ChangeView { field, from, to })
    };
    after.into_iter().filter_map(change).collect()
}
