// Runs the functions that were marked as tests: each has put a pointer to itself into a section of the program.
#[allow(warnings)]
mod assay_tests {
    use crate::assay_start::say;
    use std::panic::{catch_unwind, set_hook};
    use std::process::{ExitCode, Termination};
    use std::sync::Mutex;

    static PANIC: Mutex<String> = Mutex::new(String::new());

    pub struct Test {
        pub name: &'static str,
        pub panics: bool,
        pub run: fn() -> String,
    }

    extern "C" {
        #[link_name = "__start_assay_tests"]
        static FIRST: Test;
        #[link_name = "__stop_assay_tests"]
        static END: Test;
    }

    /// Return nothing where a test's answer says that it passed.
    pub fn told<T: Termination>(answer: T) -> String {
        let (code, success) = (format!("{:?}", answer.report()), format!("{:?}", ExitCode::SUCCESS));
        if code == success { String::new() } else { String::from("it returns an error") }
    }

    fn escaped(text: &str) -> String {
        text.replace('\\', "\\\\").replace('\n', "\\n")
    }

    fn note_panics() {
        set_hook(Box::new(|panic| *PANIC.lock().unwrap_or_else(|held| held.into_inner()) = escaped(&panic.to_string())));
    }

    pub fn main() {
        let mut tests = unsafe {
            let count = (&raw const END).offset_from(&raw const FIRST) as usize;
            std::slice::from_raw_parts(&raw const FIRST, count).iter().collect::<Vec<_>>()
        };
        tests.sort_by_key(|test| test.name);
        for test in tests {
            say(&format!("start {}", test.name));
            note_panics();
            match (catch_unwind(test.run), test.panics) {
                (Ok(problem), false) if problem.is_empty() => say(&format!("passed {}", test.name)),
                (Err(_), true) => say(&format!("passed {}", test.name)),
                (Ok(problem), panics) => say(&format!("failed {}\t{}", test.name, if panics { "it does not panic" } else { &problem })),
                (Err(_), false) => {
                    let panic = PANIC.lock().unwrap_or_else(|held| held.into_inner()).clone();
                    say(&format!("failed {}\t{}", test.name, panic))
                }
            }
        }
    }
}
#[allow(warnings)]
fn main() {
    assay_tests::main()
}
