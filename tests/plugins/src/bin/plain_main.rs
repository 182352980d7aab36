//! What isn't a plugin yet: a program with a plain `main`.

fn main() {
    println!("nobody runs this");
}
