//! `EchoHandler`: the smallest handler that shows a parameter's way.

use wasmtab_sdk::prelude::*;

/// Answers with its parameter
#[handler(name = "EchoHandler")]
fn echo(param: String) -> Result<String, Failure> {
    info!("{} bytes", param.len());
    Ok(param)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_parameter_comes_back() {
        assert_eq!(super::echo("hello".into()), Ok("hello".into()));
    }
}
