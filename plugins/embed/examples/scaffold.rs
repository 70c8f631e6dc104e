//! Writes a new project as `wasmtab plugin new` does: `scaffold NAME DIR`.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1);
    let (Some(name), Some(dir)) = (arguments.next(), arguments.next().map(PathBuf::from)) else {
        return Err("usage: scaffold NAME DIR".into());
    };
    for file in wasmtab_guests::scaffold(&name.to_string_lossy())? {
        let path = dir.join(file.path);
        fs::create_dir_all(path.parent().unwrap_or(&dir))?;
        fs::write(path, file.content)?;
    }
    Ok(())
}
