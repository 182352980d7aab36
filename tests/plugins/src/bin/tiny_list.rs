//! A plugin that lists all containers, as `docker ps --all` does.

use dockwit::{Docker, Result};

#[dockwit::main]
async fn main(docker: Docker) -> Result<()> {
    for row in docker.containers().list().all(true).await? {
        let (id, image, command) = (row.short_id(), &row.image, &row.command);
        let (status, name) = (&row.status_text, row.name());
        println!("{id}  {image:24}  {command:24}  {status:28}  {name}");
    }
    Ok(())
}
