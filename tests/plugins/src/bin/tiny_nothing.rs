//! A plugin that asks for nothing.

use dockwit::{Docker, Result};

#[dockwit::main]
async fn main(_: Docker) -> Result<()> {
    println!("nothing");
    Ok(())
}
