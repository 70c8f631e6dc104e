//! A guest's frames as text.

use std::fmt::Write;

use wasmtime::WasmBacktrace;

use crate::text::strip_control;

/// One frame a line, innermost first: its function's name, and the place in the source where the file knows it.
pub(crate) fn render(backtrace: &WasmBacktrace) -> Option<String> {
    let mut text = String::new();
    for (at, frame) in backtrace.frames().iter().enumerate() {
        let symbols = frame.symbols();
        if symbols.is_empty() {
            let name = frame
                .func_name()
                .map_or_else(|| format!("function {}", frame.func_index()), demangle);
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{at:>3}: {name}");
        }
        for symbol in symbols {
            let name = symbol
                .name()
                .or(frame.func_name())
                .map_or_else(|| format!("function {}", frame.func_index()), demangle);
            let _ = writeln!(text, "{at:>3}: {name}");
            if let Some(file) = symbol.file() {
                let _ = writeln!(
                    text,
                    "       at {file}:{}:{}",
                    symbol.line().unwrap_or(0),
                    symbol.column().unwrap_or(0)
                );
            }
        }
    }
    if text.is_empty() {
        return None;
    }
    Some(strip_control(text.trim_end()))
}

fn demangle(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}
