//! The attributes of `wasmtab-sdk`; use them through that crate, which documents them.

mod data;
mod handler;
mod naming;
mod schema;

use proc_macro::TokenStream;

/// Makes a function the component's handler.
#[proc_macro_attribute]
pub fn handler(arguments: TokenStream, item: TokenStream) -> TokenStream {
    handler::expand(arguments.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Makes a struct or enum a handler's parameter: read from JSON, described by a JSON Schema.
#[proc_macro_attribute]
pub fn param(arguments: TokenStream, item: TokenStream) -> TokenStream {
    data::expand_param(&arguments.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Makes a struct or enum something that is read from and written as JSON, with camelCase names.
#[proc_macro_attribute]
pub fn data(arguments: TokenStream, item: TokenStream) -> TokenStream {
    data::expand_data(&arguments.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
