//! The JSON Schema of a `#[param]` type, from what serde will make of it.

use crate::naming::{self, Rule};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Attribute, Data, DeriveInput, Expr, ExprLit, Field, Fields, Lit, LitStr, Meta, Path, Result, Variant,
};

/// What serde's attributes say that a schema has to know.
#[derive(Default)]
pub(crate) struct Serde {
    pub(crate) rename: Option<String>,
    pub(crate) rule: Option<Rule>,
    pub(crate) own_rule: bool,
    default: Option<DefaultValue>,
    skipped: bool,
    /// The JSON has another shape than the type: nothing is said about it.
    opaque: bool,
}

enum DefaultValue {
    Trait,
    Function(Path),
}

impl Serde {
    pub(crate) fn of(attributes: &[Attribute]) -> Result<Self> {
        let mut serde = Self::default();
        for attribute in attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("serde"))
        {
            attribute.parse_nested_meta(|meta| serde.read(&meta))?;
        }
        Ok(serde)
    }

    fn read(&mut self, meta: &syn::meta::ParseNestedMeta<'_>) -> Result<()> {
        let name = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
        let value = if meta.input.peek(syn::Token![=]) {
            Some(meta.value()?.parse::<Expr>()?)
        } else {
            // As in `rename(serialize = "a", deserialize = "b")`.
            if meta.input.peek(syn::token::Paren) {
                let content;
                syn::parenthesized!(content in meta.input);
                content.parse::<TokenStream>()?;
                self.opaque = true;
            }
            None
        };
        let text = value.as_ref().and_then(text_of);
        match name.as_str() {
            "rename" => self.rename = text.map(|text| text.value()),
            "rename_all" => {
                self.own_rule = true;
                self.rule = text.and_then(|text| naming::rule(&text.value()));
            }
            "default" => {
                self.default = Some(match text {
                    Some(path) => DefaultValue::Function(path.parse()?),
                    None => DefaultValue::Trait,
                });
            }
            "skip" | "skip_deserializing" => self.skipped = true,
            "transparent" => {
                self.own_rule = true;
                self.opaque = true;
            }
            "flatten" | "with" | "deserialize_with" | "from" | "try_from" | "tag" | "content"
            | "untagged" | "remote" => {
                self.opaque = true;
            }
            _ => {}
        }
        Ok(())
    }
}

/// The implementation for a type; `rule` is how its fields or variants are renamed.
pub(crate) fn implementation(input: &DeriveInput, serde: &Serde, rule: Rule) -> Result<TokenStream> {
    let description = doc(&input.attrs);
    let (members, default) = match &input.data {
        _ if serde.opaque => (TokenStream::new(), None),
        Data::Struct(data) => (of_struct(&data.fields, serde, rule)?, None),
        Data::Enum(data) => of_enum(data.variants.iter().collect(), rule)?,
        Data::Union(_) => (TokenStream::new(), None),
    };
    let default = default.map(|arms| {
        quote! {
            fn default_json(&self) -> ::std::option::Option<::std::string::String> {
                match self { #arms }
            }
        }
    });
    let name = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    Ok(quote! {
        impl #impl_generics ::wasmtab_sdk::schema::Schema for #name #type_generics #where_clause {
            fn members(out: &mut ::wasmtab_sdk::schema::Members) {
                use ::wasmtab_sdk::schema::{Described as _, Probe, Undescribed as _};
                out.description(#description);
                #members
            }

            #default
        }
    })
}

fn of_struct(fields: &Fields, serde: &Serde, rule: Rule) -> Result<TokenStream> {
    match fields {
        Fields::Named(named) => {
            let whole = match &serde.default {
                Some(DefaultValue::Trait) => Some(quote!(<Self as ::std::default::Default>::default())),
                Some(DefaultValue::Function(path)) => Some(quote!(#path())),
                None => None,
            };
            let binding = whole.as_ref().map(|whole| quote!(let whole: Self = #whole;));
            let object = object(named.named.iter(), rule, whole.is_some())?;
            Ok(quote!(#binding #object))
        }
        Fields::Unnamed(unnamed) if unnamed.unnamed.len() == 1 => {
            let inner = &unnamed.unnamed[0].ty;
            Ok(quote!((&&Probe::<#inner>::new()).members(out);))
        }
        Fields::Unnamed(_) => Ok(quote!(out.raw("\"type\":\"array\"");)),
        Fields::Unit => Ok(quote!(out.raw("\"type\":\"null\"");)),
    }
}

/// The members that describe an object with these fields; `whole` says that a value with all defaults is at hand.
fn object<'a>(fields: impl Iterator<Item = &'a Field>, rule: Rule, whole: bool) -> Result<TokenStream> {
    let mut properties = TokenStream::new();
    let mut required = Vec::new();
    let mut open = false;
    for field in fields {
        let serde = Serde::of(&field.attrs)?;
        let Some(ident) = field.ident.as_ref().filter(|_| !serde.skipped) else {
            continue;
        };
        // A flattened field's members are the object's own.
        if is_flattened(field) {
            open = true;
            continue;
        }
        let own_name = ident.to_string();
        let name = serde
            .rename
            .unwrap_or_else(|| rule(own_name.trim_start_matches("r#"), false));
        let (ty, description) = (&field.ty, doc(&field.attrs));
        let default = match (&serde.default, whole) {
            (Some(DefaultValue::Function(path)), _) => quote!((&&Probe::<#ty>::new()).default_json(&#path())),
            (Some(DefaultValue::Trait), _) => {
                quote!((&&Probe::<#ty>::new()).default_json(&<#ty as ::std::default::Default>::default()))
            }
            (None, true) => quote!((&&Probe::<#ty>::new()).default_json(&whole.#ident)),
            (None, false) => {
                if !is_option(field) {
                    required.push(name.clone());
                }
                quote!(::std::option::Option::None)
            }
        };
        let members = if serde.opaque {
            quote!(|_| {})
        } else {
            quote!(|out| (&&Probe::<#ty>::new()).members(out))
        };
        properties.extend(quote!(out.field(#name, #description, #default, #members);));
    }
    let required = (!required.is_empty()).then(|| {
        let list = required
            .iter()
            .map(|name| naming::json(name))
            .collect::<Vec<_>>()
            .join(",");
        let member = format!("\"required\":[{list}]");
        quote!(out.raw(#member);)
    });
    let closed = (!open).then(|| quote!(out.raw("\"additionalProperties\":false");));
    Ok(quote! {
        out.raw("\"type\":\"object\"");
        out.object("properties", |out| { #properties });
        #required
        #closed
    })
}

/// The members, and for an enum of plain names the arms that give each value's JSON.
fn of_enum(variants: Vec<&Variant>, rule: Rule) -> Result<(TokenStream, Option<TokenStream>)> {
    let mut named = Vec::new();
    for variant in variants {
        let serde = Serde::of(&variant.attrs)?;
        if !serde.skipped {
            let name = serde
                .rename
                .unwrap_or_else(|| rule(&variant.ident.to_string(), true));
            named.push((variant, name));
        }
    }
    if named
        .iter()
        .all(|(variant, _)| matches!(variant.fields, Fields::Unit))
    {
        let list = named
            .iter()
            .map(|(_, name)| naming::json(name))
            .collect::<Vec<_>>()
            .join(",");
        let members = format!("\"type\":\"string\",\"enum\":[{list}]");
        let arms = named.iter().map(|(variant, name)| {
            let (ident, json) = (&variant.ident, naming::json(name));
            quote!(Self::#ident => ::std::option::Option::Some(::std::string::String::from(#json)),)
        });
        let arms = quote!(#(#arms)* #[expect(unreachable_patterns, reason = "skipped variants")] _ => ::std::option::Option::None,);
        return Ok((quote!(out.raw(#members);), Some(arms)));
    }
    let mut items = TokenStream::new();
    for (variant, name) in named {
        let json = naming::json(&name);
        let description = doc(&variant.attrs);
        if matches!(variant.fields, Fields::Unit) {
            let member = format!("\"const\":{json}");
            items.extend(quote!(out.item(|out| { out.description(#description); out.raw(#member); });));
            continue;
        }
        let inner = match &variant.fields {
            // Fields of variants keep their names unless `rename_all_fields` says otherwise.
            Fields::Named(fields) => object(fields.named.iter(), naming::unchanged, false)?,
            fields => of_struct(fields, &Serde::default(), naming::unchanged)?,
        };
        let required = format!("\"required\":[{json}],\"additionalProperties\":false");
        items.extend(quote! {
            out.item(|out| {
                out.description(#description);
                out.raw("\"type\":\"object\"");
                out.object("properties", |out| out.object(#name, |out| { #inner }));
                out.raw(#required);
            });
        });
    }
    Ok((quote!(out.list("oneOf", |out| { #items });), None))
}

/// Whether a field's members are the struct's own: serde cannot refuse unknown ones then.
pub(crate) fn has_flattened(data: &Data) -> bool {
    matches!(data, Data::Struct(data) if data.fields.iter().any(is_flattened))
}

fn is_flattened(field: &Field) -> bool {
    let mut flattened = false;
    for attribute in field
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
    {
        // Errors were reported when the attribute was read for the schema.
        let _ = attribute.parse_nested_meta(|meta| {
            flattened |= meta.path.is_ident("flatten");
            if meta.input.peek(syn::Token![=]) {
                meta.value()?.parse::<Expr>()?;
            }
            Ok(())
        });
    }
    flattened
}

/// serde takes a missing `Option` for `None`.
fn is_option(field: &Field) -> bool {
    match &field.ty {
        syn::Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == "Option"),
        _ => false,
    }
}

/// The doc comment as one line.
fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => text_of(&pair.value).map(|text| text.value()),
        _ => None,
    });
    lines
        .map(|line| line.trim().to_owned())
        .collect::<Vec<_>>()
        .join(" ")
        .trim()
        .to_owned()
}

fn text_of(value: &Expr) -> Option<LitStr> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text), ..
        }) => Some(text.clone()),
        _ => None,
    }
}
