//! `HttpCallHandler`: one HTTP request, the way in which a service that knows nothing of wasmtab is called.
//!
//! Where the service works on after its answer, it is told where and with which token it reports the work done, and the
//! attempt goes on without a sandbox until then.

mod pending;

use pending::{Completion, Pending};
use std::collections::BTreeMap;
use std::time::Duration;
use wasmtab_sdk::http::Response;
use wasmtab_sdk::prelude::*;

/// The result's limit, which the host holds too.
const MAX_RESULT: usize = 256 * 1024;

/// Which request is sent, and which answer is wanted.
#[param]
#[serde(default)]
struct Call {
    /// Where to; else the setting `httpCallUrl`.
    url: Option<String>,
    /// GET, POST, PUT, ...
    method: String,
    /// Headers to add.
    headers: BTreeMap<String, String>,
    /// Text as it stands, any other value as JSON; else a POST, PUT or PATCH carries the run's own data.
    body: Option<Value>,
    /// The name of a granted secret that is sent as a bearer token.
    bearer_secret: Option<String>,
    /// The statuses that count as success; else 200 to 299.
    expected_status: Vec<u16>,
    /// How long the whole exchange may take.
    timeout_seconds: u64,
    /// When the attempt goes on after the answer until the other side reports it done: `accepted` (it answered 202), `always`
    /// or `never`. Without it that is `accepted` where the request carries the run's own data, else `never`.
    pending: Option<Pending>,
}

impl Default for Call {
    fn default() -> Self {
        Self {
            url: None,
            method: "POST".to_owned(),
            headers: BTreeMap::new(),
            body: None,
            bearer_secret: None,
            expected_status: Vec::new(),
            timeout_seconds: 30,
            pending: None,
        }
    }
}

impl Call {
    /// Whether the request's body is the run's own data.
    fn carries_run(&self) -> bool {
        let method = self.method.to_ascii_uppercase();
        self.body.is_none() && matches!(method.as_str(), "POST" | "PUT" | "PATCH")
    }

    fn completion(&self, ctx: &Context) -> Result<Option<Completion>, Failure> {
        let otherwise = if self.carries_run() {
            Pending::Accepted
        } else {
            Pending::Never
        };
        Completion::of(ctx, self.pending.unwrap_or(otherwise))
    }
}

/// Sends one HTTP request and checks the answer
#[handler(name = "HttpCallHandler")]
fn http_call(ctx: &Context, call: Call) -> Result<Outcome, Failure> {
    let completion = call.completion(ctx)?;
    let request = request(ctx, &call, completion.as_ref())?;
    let response = request.send()?;
    info!(
        "status {} with {} bytes",
        response.status(),
        response.body().len()
    );
    let result = judge(&call, &response)?;
    if completion.is_some_and(|completion| completion.goes_on_after(response.status())) {
        info!("the work goes on elsewhere until it is reported done");
        return Ok(Outcome::Pending);
    }
    Ok(Outcome::Done(result))
}

fn request(ctx: &Context, call: &Call, completion: Option<&Completion>) -> Result<http::Request, Failure> {
    let url = call.url.clone().or_else(|| config::get("httpCallUrl"));
    let url = url.or_give_up(|| "no url: name one in handlerParam, or set httpCallUrl for the handler")?;
    let method = call.method.to_ascii_uppercase();
    info!("{method} {url}");
    // The same for every attempt of the run: the other side can tell a repetition.
    let mut request = http::Request::new(&method, url)
        .header("idempotency-key", &ctx.run_id)
        .timeout(Duration::from_secs(call.timeout_seconds.max(1)))
        .max_body(MAX_RESULT);
    if let Some(name) = &call.bearer_secret {
        let secret = config::secret(name).or_give_up(|| format!("the secret {name:?} is not granted"))?;
        request = request.bearer(&secret);
    }
    if let Some(completion) = completion.filter(|_| !call.carries_run()) {
        for (name, value) in completion.headers() {
            request = request.header(name, value);
        }
    }
    for (name, value) in &call.headers {
        request = request.header(name, value);
    }
    Ok(match &call.body {
        Some(Value::String(text)) => request.body(text.as_str()),
        Some(value) => request.json(value),
        None if call.carries_run() => request.json(&run_of(ctx, completion)),
        None => request,
    })
}

fn run_of(ctx: &Context, completion: Option<&Completion>) -> Value {
    json!({
        "runId": ctx.run_id,
        "jobId": ctx.job_id,
        "jobName": ctx.job_name,
        "handlerName": ctx.handler_name,
        "executeIndex": ctx.execute_index,
        "trigger": ctx.trigger.to_string(),
        "scheduledAt": ctx.scheduled_at,
        "deadline": ctx.deadline,
        "completion": completion.map(Completion::to_value),
    })
}

fn judge(call: &Call, response: &Response) -> Result<String, Failure> {
    let status = response.status();
    let wanted = if call.expected_status.is_empty() {
        response.is_success()
    } else {
        call.expected_status.contains(&status)
    };
    let body = response.text();
    if wanted {
        return Ok(body);
    }
    let beginning: String = body.chars().take(500).collect();
    let reason = format!("status {status}: {beginning}");
    // What the caller did wrong stays wrong; these three say "later".
    let later = matches!(status, 408 | 425 | 429);
    Err(if (400..500).contains(&status) && !later {
        Failure::permanent(reason)
    } else {
        Failure::retryable(reason)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmtab_sdk::{Param, testing};

    fn answered(param: &str, status: u16) -> Result<String, Failure> {
        judge(
            &Call::parse(param)?,
            &Response::new(status, Vec::new(), b"body".to_vec()),
        )
    }

    #[test]
    fn the_body_of_a_good_answer_is_the_result() {
        assert_eq!(answered("", 204), Ok("body".into()));
        assert_eq!(answered(r#"{"expectedStatus":[404]}"#, 404), Ok("body".into()));
    }

    #[test]
    fn a_client_error_is_permanent_and_a_server_error_is_not() {
        assert_eq!(answered("", 404), Err(Failure::permanent("status 404: body")));
        assert_eq!(answered("", 429), Err(Failure::retryable("status 429: body")));
        assert_eq!(answered("", 503), Err(Failure::retryable("status 503: body")));
        assert_eq!(
            answered(r#"{"expectedStatus":[201]}"#, 200),
            Err(Failure::retryable("status 200: body"))
        );
    }

    #[test]
    fn the_url_may_be_a_setting() {
        let call = Call::parse("").unwrap();
        assert!(
            request(&testing::context(), &call, None)
                .unwrap_err()
                .is_permanent()
        );
        testing::set_config("httpCallUrl", "http://127.0.0.1:1/");
        let request = format!("{:?}", request(&testing::context(), &call, None).unwrap());
        assert!(
            request.contains("127.0.0.1:1") && request.contains("idempotency-key"),
            "{request}"
        );
    }

    #[test]
    fn a_secret_that_is_not_granted_ends_the_run() {
        let call = Call::parse(r#"{"url":"http://a/","bearerSecret":"token"}"#).unwrap();
        assert!(
            request(&testing::context(), &call, None)
                .unwrap_err()
                .is_permanent()
        );
        testing::set_secret("token", "abc");
        let request = format!("{:?}", request(&testing::context(), &call, None).unwrap());
        assert!(request.contains("Bearer abc"), "{request}");
    }

    #[test]
    fn the_token_goes_with_the_runs_own_data_and_else_only_when_asked_for() {
        let ctx = Context {
            completion_token: Some("t0ken".to_owned()),
            ..testing::context()
        };
        let told = |param: &str| {
            let call = Call::parse(param).unwrap();
            let completion = call.completion(&ctx).unwrap();
            let request = request(&ctx, &call, completion.as_ref()).unwrap();
            let says_it = format!("{request:?}").contains("t0ken");
            // The body is shown as bytes.
            let in_body = call.carries_run() && completion.is_some();
            (says_it || in_body, completion.map(|completion| completion.when))
        };
        for (param, when) in [
            (r#"{"url":"http://a/"}"#, Some(Pending::Accepted)),
            (r#"{"url":"http://a/","pending":"never"}"#, None),
            (r#"{"url":"http://a/","body":{"a":1}}"#, None),
            (r#"{"url":"http://a/","method":"get"}"#, None),
            (
                r#"{"url":"http://a/","method":"get","pending":"always"}"#,
                Some(Pending::Always),
            ),
            (
                r#"{"url":"http://a/","body":"x","pending":"accepted"}"#,
                Some(Pending::Accepted),
            ),
        ] {
            assert_eq!(told(param), (when.is_some(), when), "{param}");
        }
        assert!(Call::parse(r#"{"pending":"sometimes"}"#).is_err());
        let data = run_of(&ctx, Completion::of(&ctx, Pending::Accepted).unwrap().as_ref());
        assert_eq!(data["completion"]["token"], "t0ken");
        assert_eq!(run_of(&ctx, None)["completion"], Value::Null);
    }

    #[test]
    fn the_work_goes_on_after_a_202_or_after_every_success() {
        let ctx = Context {
            completion_token: Some("t0ken".to_owned()),
            ..testing::context()
        };
        for (when, ok, accepted) in [(Pending::Accepted, false, true), (Pending::Always, true, true)] {
            let completion = Completion::of(&ctx, when).unwrap().unwrap();
            assert_eq!(completion.goes_on_after(200), ok);
            assert_eq!(completion.goes_on_after(202), accepted);
        }
    }
}
