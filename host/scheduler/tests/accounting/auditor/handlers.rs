//! Handlers that may not run all that is due: those that are held, and those with a bound.

use wasmtab_domain::run::Claim;

use super::{
    Books,
    runs::{RunBook, Stands},
};

/// What keeps the runs of a handler back.
#[derive(Debug, Default)]
pub(super) struct HandlerBook {
    most: Option<u32>,
    held: bool,
    /// Whether it is bound at all.
    pub(super) bound: bool,
}

impl Books {
    pub(super) fn bound(&mut self, handler: &str, most: Option<u32>) {
        let book = self.handlers.entry(handler.to_owned()).or_default();
        book.most = most;
        book.bound = true;
    }

    pub(super) fn held(&mut self, handler: &str, is: bool) {
        self.handlers.entry(handler.to_owned()).or_default().held = is;
    }

    /// Whether some handler may not run all that is due.
    pub(super) fn keeps_back(&self) -> bool {
        self.handlers
            .values()
            .any(|handler| handler.held || handler.most.is_some())
    }

    /// Claims keep the bounds: nothing of a held handler, and no more than may go on at once. The books stand as before.
    pub(super) fn within_bounds(&mut self, claims: &[Claim]) {
        for (name, handler) in &self.handlers {
            let claimed = claims.iter().filter(|claim| claim.handler_name == *name).count();
            let going = self.runs.values().filter(|run| goes_on(run, name)).count();
            let most = if handler.held {
                0
            } else {
                handler.most.map_or(usize::MAX, |most| most as usize)
            };
            if claimed > 0 && claimed + going > most {
                let text = format!("{claimed} runs of {name} were claimed while {going} go on, {handler:?}");
                self.findings.add("claims", text);
            }
        }
    }

    /// Whether there is room for another attempt of the handler, besides these claims.
    pub(super) fn has_room(&self, name: &str, claims: &[Claim]) -> bool {
        self.handlers.get(name).is_none_or(|handler| {
            let claimed = claims.iter().filter(|claim| claim.handler_name == name).count();
            let going = self.runs.values().filter(|run| goes_on(run, name)).count();
            !handler.held && handler.most.is_none_or(|most| claimed + going < most as usize)
        })
    }
}

fn goes_on(run: &RunBook, handler: &str) -> bool {
    run.handler == handler && matches!(run.stands, Stands::Running(_) | Stands::Parked(..))
}
