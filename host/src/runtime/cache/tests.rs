use std::cell::Cell;
use std::thread;

use tempfile::TempDir;

use super::*;

struct Setting {
    folder: TempDir,
    engine: Engine,
    compiled: Cell<u32>,
}

impl Setting {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            engine: Engine::default(),
            compiled: Cell::new(0),
        }
    }

    fn cache(&self) -> Cache {
        Cache::open(self.code(), self.folder.path().join("data/key"))
    }

    fn code(&self) -> PathBuf {
        self.folder.path().join("cache/code")
    }

    /// How often the compiler was needed to get these components one after the other.
    fn compiled(&self, cache: &Cache, components: &[&[u8]]) -> u32 {
        self.compiled.set(0);
        for component in components {
            let compile = |engine: &Engine, bytes: &[u8]| {
                self.compiled.set(self.compiled.get() + 1);
                Component::new(engine, bytes)
            };
            let component = cache
                .component_by(&self.engine, component, compile)
                .unwrap();
            assert!(component.get_export_index(None, "f").is_some());
        }
        self.compiled.get()
    }

    fn entries(&self) -> Vec<PathBuf> {
        fs::read_dir(self.code())
            .unwrap()
            .map(|file| file.unwrap().path())
            .collect()
    }

    fn entry(&self) -> PathBuf {
        let entries = self.entries();
        assert_eq!(entries.len(), 1);
        entries[0].clone()
    }
}

/// A component that differs from others by a number.
fn component(number: u32) -> Vec<u8> {
    let text = format!(
        r#"(component
          (core module $m (func (export "f") (result i32) (i32.const {number})))
          (core instance $i (instantiate $m))
          (func (export "f") (result s32) (canon lift (core func $i "f"))))"#
    );
    wat::parse_str(text).unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn what_was_compiled_once_is_not_compiled_again() {
    let setting = Setting::new();
    let (one, two) = (component(1), component(2));
    assert_eq!(setting.compiled(&setting.cache(), &[&one]), 1);
    assert_eq!(setting.compiled(&setting.cache(), &[&one, &one]), 0);
    assert_eq!(setting.compiled(&setting.cache(), &[&two, &one]), 1);
}

#[test]
fn only_the_user_can_read_any_of_it() {
    let setting = Setting::new();
    setting.compiled(&setting.cache(), &[&component(1)]);
    assert_eq!(mode(&setting.code()), 0o700);
    assert_eq!(mode(&setting.entry()), 0o600);
    assert_eq!(mode(&setting.folder.path().join("data")), 0o700);
    assert_eq!(mode(&setting.folder.path().join("data/key")), 0o600);
}

#[test]
fn an_entry_that_was_tampered_with_is_compiled_anew() {
    let setting = Setting::new();
    let one = component(1);
    setting.compiled(&setting.cache(), &[&one]);
    let sound = fs::read(setting.entry()).unwrap();
    for at in [0, MAC_SIZE - 1, MAC_SIZE, sound.len() / 2, sound.len() - 1] {
        let mut tampered = sound.clone();
        tampered[at] ^= 1;
        fs::write(setting.entry(), &tampered).unwrap();
        assert_eq!(
            setting.compiled(&setting.cache(), &[&one]),
            1,
            "changed at {at}"
        );
        assert_eq!(
            setting.compiled(&setting.cache(), &[&one]),
            0,
            "mended after {at}"
        );
    }
    for length in [0, MAC_SIZE - 1, MAC_SIZE, sound.len() - 1] {
        fs::write(setting.entry(), &sound[..length]).unwrap();
        assert_eq!(
            setting.compiled(&setting.cache(), &[&one]),
            1,
            "cut at {length}"
        );
    }
}

#[test]
fn an_authentic_entry_in_anothers_place_is_not_taken() {
    let setting = Setting::new();
    let (one, two) = (component(1), component(2));
    setting.compiled(&setting.cache(), &[&one]);
    let of_one = setting.entry();
    setting.compiled(&setting.cache(), &[&two]);
    let of_two = setting
        .entries()
        .into_iter()
        .find(|entry| *entry != of_one)
        .unwrap();
    fs::copy(of_one, of_two).unwrap();
    assert_eq!(setting.compiled(&setting.cache(), &[&two]), 1);
}

#[test]
fn what_was_made_under_another_key_is_compiled_anew() {
    let setting = Setting::new();
    let one = component(1);
    setting.compiled(&setting.cache(), &[&one]);
    fs::remove_file(setting.folder.path().join("data/key")).unwrap();
    assert_eq!(setting.compiled(&setting.cache(), &[&one]), 1);
    assert_eq!(setting.compiled(&setting.cache(), &[&one]), 0);
}

#[test]
fn a_key_that_others_can_read_is_replaced() {
    let setting = Setting::new();
    let one = component(1);
    setting.compiled(&setting.cache(), &[&one]);
    let key = setting.folder.path().join("data/key");
    let before = fs::read(&key).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(setting.compiled(&setting.cache(), &[&one]), 1);
    assert_ne!(fs::read(&key).unwrap(), before);
    assert_eq!(mode(&key), 0o600);
}

#[test]
fn code_for_another_setting_of_the_compiler_is_not_taken() {
    let mut setting = Setting::new();
    let one = component(1);
    setting.compiled(&setting.cache(), &[&one]);
    setting.engine = Engine::new(wasmtime::Config::new().epoch_interruption(true)).unwrap();
    assert_eq!(setting.compiled(&setting.cache(), &[&one]), 1);
    assert_eq!(setting.entries().len(), 2);
}

#[test]
fn without_a_place_for_it_all_is_compiled_and_nothing_fails() {
    let setting = Setting::new();
    let one = component(1);
    let file = setting.folder.path().join("file");
    fs::write(&file, "").unwrap();
    let key = setting.folder.path().join("key");
    let nowhere = Cache::open(file.join("code"), &key);
    assert_eq!(setting.compiled(&nowhere, &[&one, &one]), 2);
    let keyless = Cache::open(setting.code(), file.join("key"));
    assert_eq!(setting.compiled(&keyless, &[&one, &one]), 2);
    let odd = Cache::open(setting.code(), setting.folder.path());
    assert_eq!(setting.compiled(&odd, &[&one, &one]), 2);
}

#[test]
fn what_was_used_longest_ago_makes_room() {
    let setting = Setting::new();
    let (one, two, three) = (component(1), component(2), component(3));
    setting.compiled(&setting.cache(), &[&one]);
    let size = fs::metadata(setting.entry()).unwrap().len();
    let small = Cache {
        max_total: size * 5 / 2,
        ..setting.cache()
    };
    assert_eq!(setting.compiled(&small, &[&two, &one, &three]), 2);
    assert_eq!(setting.entries().len(), 2);
    assert_eq!(setting.compiled(&small, &[&one, &three]), 0);
    assert_eq!(setting.compiled(&small, &[&two]), 1);
}

#[test]
fn what_was_never_finished_is_removed_after_a_while() {
    let setting = Setting::new();
    setting.compiled(&setting.cache(), &[&component(1)]);
    let old = setting.code().join(format!("{UNFINISHED}old"));
    let new = setting.code().join(format!("{UNFINISHED}new"));
    fs::write(&new, "").unwrap();
    let file = File::create(&old).unwrap();
    file.set_modified(SystemTime::now() - 2 * MAX_UNFINISHED)
        .unwrap();
    setting.compiled(&setting.cache(), &[&component(2)]);
    assert!(!old.exists());
    assert!(new.exists());
}

#[test]
fn many_writers_at_once_leave_sound_entries() {
    let setting = Setting::new();
    let components: Vec<_> = (0..4).map(component).collect();
    thread::scope(|scope| {
        for first in 0..8 {
            let (components, cache, engine) = (&components, setting.cache(), &setting.engine);
            scope.spawn(move || {
                for i in 0..components.len() {
                    let component = &components[(first + i) % components.len()];
                    cache.component(engine, component).unwrap();
                }
            });
        }
    });
    // The key was made by several at once, too; what one wrote under a key that lost is compiled once more.
    let components: Vec<_> = components.iter().map(Vec::as_slice).collect();
    setting.compiled(&setting.cache(), &components);
    assert_eq!(setting.compiled(&setting.cache(), &components), 0);
    assert_eq!(setting.entries().len(), components.len());
}
