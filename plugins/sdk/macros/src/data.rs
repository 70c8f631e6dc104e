//! `#[param]` and `#[data]`: serde's derives with the SDK's own paths, so that a handler depends on nothing but the SDK.

use crate::naming;
use crate::schema::{self, Serde};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Result};

pub(crate) fn expand_param(arguments: &TokenStream, item: TokenStream) -> Result<TokenStream> {
    let (input, serde) = parse("param", arguments, item)?;
    let rule = serde.rule.unwrap_or(if serde.own_rule {
        naming::unchanged
    } else {
        naming::camel
    });
    let schema = schema::implementation(&input, &serde, rule)?;
    // A misspelt field would otherwise fall back to its default in silence.
    let refuses = matches!(input.data, Data::Struct(_)) && !schema::has_flattened(&input.data);
    let unknown_fields = refuses.then(|| quote!(#[serde(deny_unknown_fields)]));
    let renaming = renaming(&serde);
    let name = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    Ok(quote! {
        #[derive(::wasmtab_sdk::serde::Deserialize)]
        #[serde(crate = "::wasmtab_sdk::serde")]
        #renaming
        #unknown_fields
        #input

        #schema

        impl #impl_generics ::wasmtab_sdk::param::Param for #name #type_generics #where_clause {
            fn parse(text: &str) -> ::std::result::Result<Self, ::wasmtab_sdk::Failure> {
                ::wasmtab_sdk::param::from_json(text)
            }

            fn schema() -> ::std::option::Option<::std::string::String> {
                ::std::option::Option::Some(::wasmtab_sdk::param::schema_of::<Self>())
            }
        }
    })
}

pub(crate) fn expand_data(arguments: &TokenStream, item: TokenStream) -> Result<TokenStream> {
    let (input, serde) = parse("data", arguments, item)?;
    let renaming = renaming(&serde);
    Ok(quote! {
        #[derive(::wasmtab_sdk::serde::Serialize, ::wasmtab_sdk::serde::Deserialize)]
        #[serde(crate = "::wasmtab_sdk::serde")]
        #renaming
        #input
    })
}

fn parse(attribute: &str, arguments: &TokenStream, item: TokenStream) -> Result<(DeriveInput, Serde)> {
    if !arguments.is_empty() {
        let advice = format!("`#[{attribute}]` takes no arguments: use `#[serde(…)]`");
        return Err(Error::new_spanned(arguments, advice));
    }
    let input: DeriveInput = syn::parse2(item)?;
    if let Data::Union(union) = &input.data {
        return Err(Error::new_spanned(
            union.union_token,
            "a union cannot be read from JSON",
        ));
    }
    let serde = Serde::of(&input.attrs)?;
    Ok((input, serde))
}

/// camelCase, unless the item names its own rule.
fn renaming(serde: &Serde) -> Option<TokenStream> {
    (!serde.own_rule).then(|| quote!(#[serde(rename_all = "camelCase")]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_camel_case_and_refuses_unknown_fields() {
        let expanded = expand_param(
            &quote!(),
            quote!(
                struct P {
                    keep_days: u32,
                }
            ),
        )
        .unwrap()
        .to_string();
        assert!(expanded.contains("rename_all = \"camelCase\""), "{expanded}");
        assert!(expanded.contains("deny_unknown_fields"), "{expanded}");
    }

    #[test]
    fn an_own_renaming_rule_stays_alone() {
        let item = quote!(
            #[serde(default, rename_all = "snake_case")]
            struct P {
                keep_days: u32,
            }
        );
        let expanded = expand_data(&quote!(), item).unwrap().to_string();
        assert!(!expanded.contains("camelCase"), "{expanded}");
    }

    #[test]
    fn arguments_and_unions_are_refused() {
        assert!(
            expand_param(
                &quote!(x),
                quote!(
                    struct P;
                )
            )
            .is_err()
        );
        assert!(expand_data(&quote!(), quote!(union U { a: u8 })).is_err());
    }
}
