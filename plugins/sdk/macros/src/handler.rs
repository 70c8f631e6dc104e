//! `#[handler]`: the exports of the world around one function.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Error, Expr, ExprLit, FnArg, ItemFn, Lit, LitStr, Meta, Result, Type};

/// What stands in the attribute's parentheses.
#[derive(Default)]
struct Arguments {
    name: Option<LitStr>,
    summary: Option<LitStr>,
}

/// What the function takes, in this order.
struct Inputs {
    context: bool,
    param: Option<Type>,
}

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let arguments = parse_arguments(arguments)?;
    let function: ItemFn = syn::parse2(item)?;
    if let Some(asyncness) = &function.sig.asyncness {
        return Err(Error::new_spanned(
            asyncness,
            "a handler is not async: its calls block",
        ));
    }
    if !function.sig.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &function.sig.generics,
            "a handler has no generic parameters",
        ));
    }
    let inputs = parse_inputs(&function)?;
    let name = &function.sig.ident;
    let summary = arguments
        .summary
        .map_or_else(|| first_doc_line(&function.attrs), |text| text.value());
    let suggested = arguments
        .name
        .map_or_else(|| pascal_case(&name.to_string()), |text| text.value());

    let param = inputs
        .param
        .as_ref()
        .map_or_else(|| quote!(()), ToTokens::to_token_stream);
    let call = match (inputs.context, inputs.param.is_some()) {
        (true, true) => quote!(|context, param| #name(context, param)),
        (true, false) => quote!(|context, ()| #name(context)),
        (false, true) => quote!(|_, param| #name(param)),
        (false, false) => quote!(|_, ()| #name()),
    };
    Ok(quote! {
        // A trap's backtrace shows this function by its name.
        #[inline(never)]
        #function

        const _: () = {
            use ::wasmtab_sdk::bindings::exports::wasmtab::job::handler as world;

            struct Component;

            impl world::Guest for Component {
                fn describe() -> world::Description {
                    ::wasmtab_sdk::entry::describe::<#param>(env!("CARGO_PKG_NAME"), #summary, #suggested)
                }

                fn execute(
                    context: world::Context,
                    param: ::std::string::String,
                ) -> ::std::result::Result<world::Outcome, world::Failure> {
                    ::wasmtab_sdk::entry::execute::<#param, _>(context, &param, #call)
                }
            }

            ::wasmtab_sdk::bindings::export!(Component with_types_in ::wasmtab_sdk::bindings);
        };
    })
}

fn parse_arguments(tokens: TokenStream) -> Result<Arguments> {
    let mut arguments = Arguments::default();
    let parser = syn::meta::parser(|meta| {
        if meta.path.is_ident("name") {
            arguments.name = Some(meta.value()?.parse()?);
            Ok(())
        } else if meta.path.is_ident("summary") {
            arguments.summary = Some(meta.value()?.parse()?);
            Ok(())
        } else {
            Err(meta.error("`#[handler]` knows `name = \"…\"` and `summary = \"…\"`"))
        }
    });
    syn::parse::Parser::parse2(parser, tokens)?;
    Ok(arguments)
}

fn parse_inputs(function: &ItemFn) -> Result<Inputs> {
    const SHAPE: &str = "a handler takes (), (&Context), (Param) or (&Context, Param)";
    let mut inputs = Inputs {
        context: false,
        param: None,
    };
    for (index, input) in function.sig.inputs.iter().enumerate() {
        let FnArg::Typed(input) = input else {
            return Err(Error::new_spanned(input, SHAPE));
        };
        match &*input.ty {
            Type::Reference(_) if index == 0 => inputs.context = true,
            Type::Reference(reference) => return Err(Error::new_spanned(reference, SHAPE)),
            _ if inputs.param.is_some() => return Err(Error::new_spanned(input, SHAPE)),
            param => inputs.param = Some(param.clone()),
        }
    }
    Ok(inputs)
}

/// The first line of the doc comment, without its final full stop.
fn first_doc_line(attributes: &[Attribute]) -> String {
    let line = attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text), ..
            }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    });
    line.unwrap_or_default().trim().trim_end_matches('.').to_owned()
}

fn pascal_case(snake: &str) -> String {
    snake
        .split('_')
        .filter_map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_uppercase().chain(letters).collect::<String>())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(arguments: TokenStream, item: TokenStream) -> String {
        expand(arguments, item).unwrap_err().to_string()
    }

    #[test]
    fn the_summary_is_the_first_doc_line() {
        let item = quote! {
            /// Says hello.
            /// More.
            fn hello() -> Result<String, Failure> { Ok(String::new()) }
        };
        let expanded = expand(quote!(name = "HelloHandler"), item).unwrap().to_string();
        assert!(
            expanded.contains("\"Says hello\" , \"HelloHandler\""),
            "{expanded}"
        );
    }

    #[test]
    fn a_name_is_made_from_the_function_where_none_is_given() {
        assert_eq!(pascal_case("data_backup_handler"), "DataBackupHandler");
    }

    #[test]
    fn an_unknown_argument_is_refused() {
        assert!(
            error_of(
                quote!(nome = "X"),
                quote!(
                    fn f() {}
                )
            )
            .contains("knows `name")
        );
    }

    #[test]
    fn async_and_other_shapes_are_refused() {
        assert!(
            error_of(
                quote!(),
                quote!(
                    async fn f() {}
                )
            )
            .contains("not async")
        );
        assert!(
            error_of(
                quote!(),
                quote!(
                    fn f(a: A, b: B) {}
                )
            )
            .contains("a handler takes")
        );
        assert!(
            error_of(
                quote!(),
                quote!(
                    fn f(a: &A, b: &B) {}
                )
            )
            .contains("a handler takes")
        );
    }
}
