//! The command `dockwit`.

fn main() -> std::process::ExitCode {
    dockwit_host::cli::main()
}
