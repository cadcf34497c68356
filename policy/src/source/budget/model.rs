use crate::set::budget::{Model, Price, RouteBudget};
use crate::source::assembly::Assembly;
use crate::source::location::Place;
use crate::source::mapping::{Mapping, Shape};
use crate::source::names::{MODEL, PROVIDER};
use crate::source::node::Node;
use crate::source::report::InFile;
use crate::source::value::{distinct, name};

use super::number::whole;

pub(in crate::source) const MODEL_FIELDS: Shape = Shape {
    noun: "a model",
    fields: &["name", "provider", "context", "maxOutput", "imageTokens", "price", "alternatives"],
    planned: &[],
};

pub(in crate::source) const PRICE: Shape =
    Shape { noun: "`price`", fields: &["input", "output", "cached", "cacheWrite"], planned: &[] };

/// What prices are numbers of.
const PRICED: &str = "prices are micro-dollars per million tokens: for $2.50 write 2500000";

/// A decoded model, and where its alternatives are written, in their order.
pub(super) struct Declared {
    pub(super) model: Model,
    pub(super) alternatives: Vec<Place>,
}

/// An item of `models`.
pub(super) fn decode(node: &Node<'_>, file: &mut InFile<'_, '_>, assembly: &mut Assembly) {
    let Some(model) = Mapping::read(node, &MODEL_FIELDS, file) else { return };
    let own_name = model.require("name", file).and_then(|node| {
        let name = name(node, "`name`", &MODEL, file)?;
        assembly.budgets.model_names.declare("model", name, file.place(node.at), file.report);
        Some(name)
    });
    let provider = model.require("provider", file).and_then(|node| {
        let name = name(node, "`provider`", &PROVIDER, file)?;
        assembly.budgets.providers.insert(name.to_owned());
        Some(name.to_owned())
    });
    let tokens = 1..=RouteBudget::MAX_TOKENS;
    let context = model
        .require("context", file)
        .and_then(|node| whole(node, "`context`", tokens, "tokens of a prompt and its answer together", file));
    let max_output = model.require("maxOutput", file).and_then(|node| {
        // Nothing is known of it where the context is wrong.
        let most = context.unwrap_or(RouteBudget::MAX_TOKENS);
        whole(node, "`maxOutput`", 0..=most, "tokens of an answer, which are among those of `context`", file)
    });
    let image_tokens = match model.get("imageTokens") {
        Some(node) => {
            let help =
                format!("tokens that an image of a prompt is taken to be; left out, it is {}", Model::IMAGE_TOKENS);
            whole(node, "`imageTokens`", 0..=RouteBudget::MAX_TOKENS, &help, file)
        }
        None => Some(Model::IMAGE_TOKENS),
    };
    let price = match model.get("price") {
        Some(node) => price(node, file).map(Some),
        None => Some(None),
    };
    let mut places = Vec::new();
    let alternatives = match model.get("alternatives") {
        Some(node) => distinct(node, "`alternatives`", "[gpt-4o-mini]", file, |item, file| {
            let name = name(item, "an item of `alternatives`", &MODEL, file)?;
            let place = file.place(item.at);
            assembly.budgets.models_referred_to.add(name, place);
            places.push(place);
            Some(name.to_owned())
        }),
        None => Some(Vec::new()),
    };
    let (Some(name), Some(provider), Some(context), Some(max_output)) = (own_name, provider, context, max_output)
    else {
        return;
    };
    let (Some(image_tokens), Some(price), Some(alternatives)) = (image_tokens, price, alternatives) else { return };
    let model = Model { name: name.to_owned(), provider, context, max_output, image_tokens, price, alternatives };
    assembly.budgets.models.push(Declared { model, alternatives: places });
}

fn price(node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<Price> {
    let price = Mapping::read(node, &PRICE, file)?;
    let read = |node: &Node<'_>, what, file: &mut InFile<'_, '_>| whole(node, what, 0..=Price::MOST, PRICED, file);
    let input = price.require("input", file).and_then(|node| read(node, "`input`", file));
    let output = price.require("output", file).and_then(|node| read(node, "`output`", file));
    let mut of_cache = |name, what| match price.get(name) {
        Some(node) => read(node, what, file).map(Some),
        None => Some(None),
    };
    let (cached, cache_write) = (of_cache("cached", "`cached`"), of_cache("cacheWrite", "`cacheWrite`"));
    let (input, output, cached, cache_write) = (input?, output?, cached?, cache_write?);
    Some(Price { input, output, cached: cached.unwrap_or(input), cache_write: cache_write.unwrap_or(input) })
}
