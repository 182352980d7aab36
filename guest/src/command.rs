//! The run that a plugin exports: what `#[dockwit::main]` fills in.

wit_bindgen::generate!({
    inline: r"
        package dockwit:guest-command@0.1.0;

        world command {
            export wasi:cli/run@0.3.0;
        }

        package wasi:cli@0.3.0 {
            interface run {
                run: async func() -> result;
            }
        }
    ",
    path: [],
    world: "command",
    generate_all,
    pub_export_macro: true,
    export_macro_name: "export_command",
    default_bindings_module: "::dockwit::command",
    type_section_suffix: "command",
});
