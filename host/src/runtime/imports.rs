//! What a component asks for, read from its bytes before anything is compiled.

mod name;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fmt;

use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentEntityType, ComponentInstanceTypeId,
};
use wasmparser::types::{Types, TypesRef};
use wasmparser::{Encoding, Parser, Payload, ValidPayload, Validator, WasmFeatures};

use self::name::ImportName;
use crate::policy::{INTERFACE_VERSION, Part, PartKind, Verb};

/// The size of a component at most. A whole Python interpreter with its libraries has 40 MB.
pub const MAX_COMPONENT: usize = 128 << 20;

/// How many interfaces a component may import. One that imports all that there is has some 60.
const MAX_IMPORTS: usize = 1_000;

/// How many types and functions a component may import. One that imports all that there is has some 3,000.
const MAX_ITEMS: usize = 20_000;

/// What a component asks for.
#[derive(Debug, Default)]
pub struct Imports {
    interface: Option<String>,
    verbs: Vec<Verb>,
    setters: Vec<&'static Part>,
    powers: Vec<&'static Part>,
    groups: Vec<&'static Part>,
    unknown: Vec<Import>,
    wasi: Vec<Import>,
    refused_wasi: Vec<Import>,
    run_export: RunExport,
}

/// A function, or another thing, that a component imports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Import {
    /// The interface with its version, as the component names it: `wasi:cli/stdin@0.3.0`.
    pub interface: String,
    /// What is imported of it: `read-via-stream`. None for the interface as such.
    pub function: Option<String>,
}

/// What a component exports to be run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunExport {
    /// `wasi:cli/run@0.3`, whose `run` can wait.
    V03,
    /// Only `wasi:cli/run@0.2`, which a plain `fn main()` becomes, and which can't wait for an engine.
    OnlyV02,
    /// Nothing to run.
    #[default]
    None,
}

/// Why a component's imports can't be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// It is no WebAssembly at all.
    #[error("this is no WebAssembly component: it doesn't begin with the bytes 00 61 73 6d")]
    NotWasm,
    /// It is WebAssembly of the kind that names no interfaces.
    #[error("this is a core module, not a component: build it for the target wasm32-wasip2")]
    CoreModule,
    /// It is too big.
    #[error("the component has {size} bytes; {MAX_COMPONENT} is the most")]
    TooBig {
        /// Its size.
        size: usize,
    },
    /// It imports too much.
    #[error(
        "the component imports too much: more than {MAX_IMPORTS} interfaces or {MAX_ITEMS} functions and types"
    )]
    TooMany,
    /// It is damaged, or newer than the parser.
    #[error("the component is damaged: {0}")]
    Invalid(#[from] wasmparser::Error),
}

impl Imports {
    /// Reads a component. Code isn't looked at; that is for the compiler.
    ///
    /// # Errors
    ///
    /// Fails if it is no component, damaged, or beyond the bounds that hold before compiling.
    pub fn read(component: &[u8]) -> Result<Self, ImportError> {
        if component.len() > MAX_COMPONENT {
            return Err(ImportError::TooBig {
                size: component.len(),
            });
        }
        if !component.starts_with(b"\0asm") {
            return Err(ImportError::NotWasm);
        }
        let outline = Outline::read(component)?;
        let mut reader = Reader::default();
        for name in &outline.imports {
            reader.import(name, outline.types.as_ref())?;
        }
        Ok(reader.finish(outline.run_export()))
    }

    /// The newest version of the package `dockwit:engine` that the component names, if it imports anything of it: `0.1.0`.
    pub fn interface(&self) -> Option<&str> {
        self.interface.as_deref()
    }

    /// The verbs behind the functions that it imports, in the order of the interface.
    pub fn verbs(&self) -> &[Verb] {
        &self.verbs
    }

    /// The options of specs that it sets, in the order of the interface.
    pub fn setters(&self) -> &[&'static Part] {
        &self.setters
    }

    /// What of the machine it adds to specs, in the order of the interface.
    pub fn powers(&self) -> &[&'static Part] {
        &self.powers
    }

    /// The groups of snapshots that it reads, in the order of the interface.
    pub fn groups(&self) -> &[&'static Part] {
        &self.groups
    }

    /// What it imports of `dockwit:engine` and this host doesn't have.
    pub fn unknown(&self) -> &[Import] {
        &self.unknown
    }

    /// The functions of WASI that it imports. Most are there because its language's library links them.
    pub fn wasi(&self) -> &[Import] {
        &self.wasi
    }

    /// What it imports and no plugin gets: of WASI 0.3 all but the monotonic clock and standard input, of WASI 0.2 what is no
    /// part of a command's world, and whatever is of neither WASI nor `dockwit:engine`.
    pub fn refused_wasi(&self) -> &[Import] {
        &self.refused_wasi
    }

    /// What it exports to be run.
    pub fn run_export(&self) -> RunExport {
        self.run_export
    }
}

impl fmt::Display for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.function {
            Some(function) => write!(f, "{} `{function}`", self.interface),
            None => f.write_str(&self.interface),
        }
    }
}

/// The outermost component: the names on its border, and its types.
struct Outline {
    imports: Vec<String>,
    exports: Vec<String>,
    types: Types,
}

impl Outline {
    fn read(component: &[u8]) -> Result<Self, ImportError> {
        let mut validator = Validator::new_with_features(WasmFeatures::all());
        let (mut imports, mut exports) = (Vec::new(), Vec::new());
        let mut depth = 0usize;
        let mut types = None;
        for payload in Parser::new(0).parse_all(component) {
            let payload = payload?;
            match &payload {
                Payload::Version {
                    encoding: Encoding::Module,
                    ..
                } if depth == 0 => {
                    return Err(ImportError::CoreModule);
                }
                Payload::Version { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(section) if depth == 1 => {
                    for import in section.clone() {
                        imports.push(import?.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(section) if depth == 1 => {
                    for export in section.clone() {
                        exports.push(export?.name.name.to_owned());
                    }
                }
                _ => {}
            }
            if imports.len() > MAX_IMPORTS {
                return Err(ImportError::TooMany);
            }
            if let ValidPayload::End(end) = validator.payload(&payload)? {
                types = Some(end);
            }
        }
        // A component that ends early is an error of the parser, so the outermost end was seen.
        let types = types.ok_or(ImportError::NotWasm)?;
        Ok(Self {
            imports,
            exports,
            types,
        })
    }

    fn run_export(&self) -> RunExport {
        let runs = |track: &str| {
            self.exports
                .iter()
                .map(|export| ImportName::parse(export))
                .any(|name| {
                    name.package == "wasi:cli" && name.interface == "run" && name.track() == track
                })
        };
        match (runs("0.3"), runs("0.2")) {
            (true, _) => RunExport::V03,
            (false, true) => RunExport::OnlyV02,
            (false, false) => RunExport::None,
        }
    }
}

/// Sorts what a component imports.
#[derive(Default)]
struct Reader {
    imports: Imports,
    verbs: HashSet<Verb>,
    parts: HashSet<&'static Part>,
    items: usize,
}

/// What an instance that is imported has to bring.
enum Item {
    Function,
    Resource,
    Other,
}

impl Reader {
    fn import(&mut self, name: &str, types: TypesRef<'_>) -> Result<(), ImportError> {
        let entity = types.component_item_for_import(name).map(|item| item.ty);
        let Some(ComponentEntityType::Instance(instance)) = entity else {
            if !matches!(entity, Some(ComponentEntityType::Type { .. })) {
                self.imports.refused_wasi.push(Import {
                    interface: name.to_owned(),
                    function: None,
                });
            }
            return Ok(());
        };
        for (function, item) in items(types, instance) {
            self.items += 1;
            if self.items > MAX_ITEMS {
                return Err(ImportError::TooMany);
            }
            self.item(&ImportName::parse(name), function, &item);
        }
        Ok(())
    }

    fn item(&mut self, name: &ImportName<'_>, function: &str, item: &Item) {
        match (name.package, item) {
            ("dockwit:engine", _) => self.of_engine(name, function),
            (_, Item::Function) if is_given(name) => self.imports.wasi.push(name.import(function)),
            (_, Item::Resource) if is_given(name) => {}
            _ => self.imports.refused_wasi.push(name.import(function)),
        }
    }

    fn of_engine(&mut self, name: &ImportName<'_>, function: &str) {
        let newest = self.imports.interface.as_deref();
        if name.version.is_some() && name.is_newer_than(newest) {
            self.imports.interface = name.version.map(str::to_owned);
        }
        let verb = Verb::of_import(name.interface, function);
        let part = Part::of_import(name.interface, function);
        match (verb, part) {
            // A host answers for all versions that are compatible with its own.
            _ if !name.is_compatible_with(INTERFACE_VERSION) => {
                self.imports.unknown.push(name.import(function));
            }
            (Some(verb), _) => drop(self.verbs.insert(verb)),
            (None, Some(part)) => drop(self.parts.insert(part)),
            (None, None) => self.imports.unknown.push(name.import(function)),
        }
    }

    fn finish(self, run_export: RunExport) -> Imports {
        let parts = |kind| {
            Part::all()
                .filter(move |part| part.kind() == kind)
                .filter(|part| self.parts.contains(part))
        };
        Imports {
            verbs: Verb::all()
                .filter(|verb| self.verbs.contains(verb))
                .collect(),
            setters: parts(PartKind::Setter).collect(),
            powers: parts(PartKind::Power).collect(),
            groups: parts(PartKind::Group).collect(),
            run_export,
            ..self.imports
        }
    }
}

/// The functions and resources of an instance. Types that are mere shapes need nothing of a host.
fn items<'a>(
    types: TypesRef<'a>,
    instance: ComponentInstanceTypeId,
) -> impl Iterator<Item = (&'a str, Item)> {
    let exports = types.get(instance).map(|instance| &instance.exports);
    exports.into_iter().flatten().filter_map(|(name, item)| {
        let item = match item.ty {
            ComponentEntityType::Func(_) => Item::Function,
            ComponentEntityType::Type {
                created: ComponentAnyTypeId::Resource(_),
                ..
            } => Item::Resource,
            ComponentEntityType::Type { .. } => return None,
            _ => Item::Other,
        };
        Some((name.as_str(), item))
    })
}

/// Whether plugins get this interface of WASI.
fn is_given(name: &ImportName<'_>) -> bool {
    match (name.package, name.track()) {
        (
            "wasi:cli" | "wasi:clocks" | "wasi:filesystem" | "wasi:io" | "wasi:random"
            | "wasi:sockets",
            "0.2",
        ) => true,
        (package, "0.3") => matches!(
            (package, name.interface),
            ("wasi:clocks", "monotonic-clock" | "types") | ("wasi:cli", "stdin" | "types")
        ),
        _ => false,
    }
}
