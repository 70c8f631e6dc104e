//! What the server's refusals (RFC 9457) mean to a person and to the shell.

use serde_json::Value;

use crate::{
    exit::{Exit, Failure},
    output::clean,
};

/// The failure that a refused request is.
pub(super) fn failure(status: u16, body: Option<&Value>, with_token: bool) -> Failure {
    let exit = Exit::of_status(status);
    let said = |member: &str| {
        body.and_then(|body| body.get(member))
            .and_then(Value::as_str)
            .map(clean::line)
    };
    let mut errors: Vec<String> = body
        .and_then(|body| body.get("errors"))
        .and_then(Value::as_array)
        .map_or_else(Vec::new, |errors| errors.iter().map(one_error).collect());
    let mut failure = match said("detail").or_else(|| said("title")) {
        // One wrong field is the whole story.
        Some(_) if errors.len() == 1 => Failure::new(exit, errors.remove(0)),
        Some(text) => Failure::new(exit, text),
        None => Failure::new(exit, format!("the server answered {status} without saying why")),
    };
    // A summary that lists the errors itself needs no list below it.
    failure.details = errors
        .into_iter()
        .filter(|error| !failure.message.contains(error.as_str()))
        .collect();
    if status == 401 {
        failure = failure.with(if with_token {
            "the token is unknown or has expired; --token or WASMTAB_TOKEN takes another"
        } else {
            "no token was given; --token or WASMTAB_TOKEN takes one"
        });
    }
    if status >= 500
        && let Some(id) = said("requestId")
    {
        failure = failure.with(format!("request id {id}, as the server's log has it"));
    }
    failure
}

/// The detail names its field; where it does not, the pointer does.
fn one_error(error: &Value) -> String {
    let detail = error
        .get("detail")
        .and_then(Value::as_str)
        .unwrap_or("is not valid");
    let pointer = error.get("pointer").and_then(Value::as_str).unwrap_or_default();
    let name = pointer.rsplit('/').next().unwrap_or_default();
    let inside_a_list = pointer.matches('/').count() > 1;
    if pointer.is_empty() || (detail.contains(name) && !inside_a_list) {
        clean::line(detail)
    } else {
        clean::line(&format!("{pointer}: {detail}"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_wrong_field_is_said_alone() {
        let body = json!({
            "title": "The input is not valid", "status": 422, "detail": "1 field is wrong",
            "errors": [{"pointer": "/timezone", "detail": "timezone: `Mars` is not an IANA time zone"}],
        });
        let failure = failure(422, Some(&body), true);
        assert_eq!(failure.exit, Exit::Usage);
        assert_eq!(failure.to_string(), "timezone: `Mars` is not an IANA time zone");
    }

    #[test]
    fn several_wrong_fields_are_listed_with_their_place() {
        let body = json!({
            "title": "The input is not valid", "status": 422,
            "errors": [
                {"pointer": "/jobs/3/name", "detail": "name: is missing"},
                {"pointer": "/every", "detail": "every: must be at least one second"},
            ],
        });
        assert_eq!(
            failure(422, Some(&body), true).to_string(),
            "The input is not valid\n  /jobs/3/name: name: is missing\n  every: must be at least one second"
        );
    }

    #[test]
    fn a_missing_token_is_told_from_a_bad_one() {
        let body = json!({"title": "Unauthorized", "status": 401, "detail": "a token is needed"});
        assert!(
            failure(401, Some(&body), false)
                .to_string()
                .contains("no token was given")
        );
        assert!(
            failure(401, Some(&body), true)
                .to_string()
                .contains("unknown or has expired")
        );
    }

    #[test]
    fn an_answer_of_something_else_is_still_a_failure() {
        let failure = failure(502, None, true);
        assert_eq!(failure.exit, Exit::Unavailable);
        assert!(failure.message.contains("502"), "{failure}");
    }

    #[test]
    fn a_fault_of_the_server_bears_its_request_id() {
        let body = json!({"title": "Internal error", "status": 500, "requestId": "r-1"});
        assert!(
            failure(500, Some(&body), true)
                .to_string()
                .contains("request id r-1")
        );
    }
}
