"""The dangerous calls of each language: queries of tree-sitter, each with its rule. ``@at`` is the place."""

from services.stages.rules import Rule
from services.stages.static.security_rules import (
    DESERIALISATION,
    DYNAMIC_CODE,
    MARKUP,
    PERMISSIONS,
    REMOTE_SCRIPT,
    SHELL,
    SQL,
    TEMPORARY_FILE,
    UNBOUNDED_COPY,
    UNBOUNDED_READ,
    UNVERIFIED_TLS,
    WEAK_CIPHER,
    WEAK_HASH,
)

Pattern = tuple[Rule, str]

_STATEMENT = r"(?i)^[^a-z]*(select\\s|insert\\s+into|update\\s|delete\\s+from|drop\\s|create\\s)"
"""How an SQL statement begins, behind a quote."""

_JAVASCRIPT: tuple[Pattern, ...] = (
    (
        DYNAMIC_CODE,
        """(call_expression function: (identifier) @f arguments: (arguments . [(identifier) (member_expression)
           (binary_expression) (call_expression) (template_string (template_substitution))]) (#eq? @f "eval")) @at
           (new_expression constructor: (identifier) @f (#eq? @f "Function")) @at""",
    ),
    (
        SHELL,
        """(call_expression function: [(identifier) @f (member_expression object: (identifier) @o
           property: (property_identifier) @f)] arguments: (arguments . [(binary_expression)
           (template_string (template_substitution))]) (#any-of? @f "exec" "execSync")
           (#match? @o "^(child_process|cp|childProcess|shell)$")) @at""",
    ),
    (
        MARKUP,
        """(assignment_expression left: (member_expression property: (property_identifier) @p)
           right: [(identifier) (member_expression) (binary_expression) (call_expression)
           (template_string (template_substitution))] (#any-of? @p "innerHTML" "outerHTML")) @at
           (call_expression function: (member_expression object: (identifier) @o property: (property_identifier) @p)
           (#eq? @o "document") (#any-of? @p "write" "writeln")) @at""",
    ),
    (
        WEAK_HASH,
        """(call_expression function: (_) @f arguments: (arguments . (string) @a)
           (#match? @f "createHash$") (#match? @a "(?i)^.(md5|sha-?1).$")) @at""",
    ),
    (
        WEAK_CIPHER,
        """(call_expression function: (_) @f (#match? @f "createCipher$|createDecipher$")) @at
           (call_expression function: (_) @f arguments: (arguments . (string) @a)
           (#match? @f "create(C|Dec)ipheriv$") (#match? @a "(?i)^.(des|rc4|.*ecb)")) @at""",
    ),
    (
        SQL,
        f"""(call_expression function: (member_expression property: (property_identifier) @f)
           arguments: (arguments . [(binary_expression) (template_string (template_substitution))] @q)
           (#any-of? @f "query" "execute" "raw" "exec" "run" "all" "get") (#match? @q "{_STATEMENT}")) @at""",
    ),
    (UNVERIFIED_TLS, '(pair key: (_) @k value: (false) (#match? @k "rejectUnauthorized")) @at'),
)

_JSX: tuple[Pattern, ...] = (
    (MARKUP, '(jsx_attribute (property_identifier) @p (#eq? @p "dangerouslySetInnerHTML")) @at'),
)

_C: tuple[Pattern, ...] = (
    (
        UNBOUNDED_READ,
        """(call_expression function: (identifier) @f (#eq? @f "gets")) @at
           (call_expression function: (identifier) @f arguments: (argument_list . (string_literal) @s)
           (#eq? @f "scanf") (#match? @s "%s")) @at
           (call_expression function: (identifier) @f arguments: (argument_list . (_) . (string_literal) @s)
           (#any-of? @f "fscanf" "sscanf") (#match? @s "%s")) @at""",
    ),
    (
        UNBOUNDED_COPY,
        """(call_expression function: (identifier) @f
           (#any-of? @f "strcpy" "strcat" "sprintf" "vsprintf" "stpcpy")) @at""",
    ),
    (
        SHELL,
        """(call_expression function: (identifier) @f arguments: (argument_list . [(identifier) (call_expression)
           (field_expression) (binary_expression)]) (#any-of? @f "system" "popen")) @at""",
    ),
    (
        TEMPORARY_FILE,
        '(call_expression function: (identifier) @f (#any-of? @f "mktemp" "tmpnam" "tempnam")) @at',
    ),
    (
        WEAK_HASH,
        '(call_expression function: (identifier) @f (#any-of? @f "MD5" "MD5_Init" "SHA1" "SHA1_Init")) @at',
    ),
)

QUERIES: dict[str, tuple[Pattern, ...]] = {
    "javascript": _JAVASCRIPT + _JSX,
    "typescript": _JAVASCRIPT,
    "tsx": _JAVASCRIPT + _JSX,
    "c": _C,
    "cpp": _C,
    "java": (
        (
            SHELL,
            """(method_invocation object: (_) @o name: (identifier) @n arguments: (argument_list .
               [(binary_expression) (identifier)]) (#eq? @n "exec") (#match? @o "(?i)runtime")) @at""",
        ),
        (
            SQL,
            f"""(method_invocation name: (identifier) @n arguments: (argument_list . (binary_expression) @q)
               (#match? @n "^(execute|executeQuery|executeUpdate|prepareStatement|createQuery|createNativeQuery)$")
               (#match? @q "{_STATEMENT}")) @at""",
        ),
        (
            WEAK_HASH,
            """(method_invocation object: (identifier) @o name: (identifier) @n arguments: (argument_list .
               (string_literal) @a) (#eq? @o "MessageDigest") (#eq? @n "getInstance")
               (#match? @a "(?i)^.(md5|sha-?1).$")) @at""",
        ),
        (
            WEAK_CIPHER,
            """(method_invocation object: (identifier) @o name: (identifier) @n arguments: (argument_list .
               (string_literal) @a) (#eq? @o "Cipher") (#eq? @n "getInstance")
               (#match? @a "(?i)^.(des|rc4|rc2|aes.$|.*/ecb/)")) @at""",
        ),
        (
            DESERIALISATION,
            """(object_creation_expression type: (type_identifier) @t (#eq? @t "ObjectInputStream")) @at""",
        ),
    ),
    "go": (
        (
            SHELL,
            """(call_expression function: (selector_expression) @f arguments: (argument_list .
               (interpreted_string_literal) @s . (interpreted_string_literal) @c . [(identifier) (binary_expression)
               (call_expression)]) (#eq? @f "exec.Command") (#match? @s "^.(/bin/)?(ba|z|da)?sh.$")
               (#eq? @c "\\"-c\\"")) @at""",
        ),
        (
            SQL,
            f"""(call_expression function: (selector_expression field: (field_identifier) @f)
               arguments: (argument_list . [(binary_expression) (call_expression arguments: (argument_list .
               (interpreted_string_literal)))] @q) (#match? @f "^(Query|QueryRow|Exec)$")
               (#match? @q "(?i)(fmt.Sprintf.)?{_STATEMENT.removeprefix("(?i)^")}")) @at""",
        ),
        (WEAK_HASH, '(call_expression function: (selector_expression) @f (#match? @f "^(md5|sha1)\\\\.")) @at'),
        (WEAK_CIPHER, '(call_expression function: (selector_expression) @f (#match? @f "^(des|rc4)\\\\.New")) @at'),
        (
            UNVERIFIED_TLS,
            """(keyed_element (literal_element (identifier) @k) (literal_element (true))
               (#eq? @k "InsecureSkipVerify")) @at""",
        ),
        (
            MARKUP,
            """(type_conversion_expression type: (qualified_type) @t (#eq? @t "template.HTML")) @at
               (call_expression function: (selector_expression) @f arguments: (argument_list [(identifier)
               (binary_expression) (call_expression)]) (#eq? @f "template.HTML")) @at""",
        ),
    ),
    "ruby": (
        (
            DYNAMIC_CODE,
            """(call !receiver method: (identifier) @m arguments: (argument_list . [(identifier) (call)
               (element_reference) (string (interpolation))]) (#eq? @m "eval")) @at""",
        ),
        (
            SHELL,
            """(call !receiver method: (identifier) @m arguments: (argument_list . (string (interpolation)) .)
               (#any-of? @m "system" "exec" "spawn")) @at
               (subshell (interpolation)) @at""",
        ),
        (
            DESERIALISATION,
            """(call receiver: (constant) @r method: (identifier) @m (#eq? @r "Marshal")
               (#any-of? @m "load" "restore")) @at
               (call receiver: (constant) @r method: (identifier) @m (#any-of? @r "YAML" "Psych")
               (#eq? @m "unsafe_load")) @at""",
        ),
        (
            SQL,
            f"""(call method: (identifier) @m arguments: (argument_list . (string (interpolation)) @q)
               (#any-of? @m "where" "execute" "find_by_sql" "exec_query" "query" "select_all")
               (#match? @q "{_STATEMENT}|(=|LIKE|IN) *'?.?#")) @at""",
        ),
        (WEAK_HASH, '((scope_resolution) @at (#match? @at "^(OpenSSL::)?Digest::(MD5|SHA1)$"))'),
        (UNVERIFIED_TLS, '((scope_resolution) @at (#match? @at "SSL::VERIFY_NONE$"))'),
    ),
    "php": (
        (
            DYNAMIC_CODE,
            """(function_call_expression function: (name) @f arguments: (arguments . (argument [(variable_name)
               (binary_expression) (encapsed_string) (subscript_expression) (function_call_expression)]))
               (#eq? @f "eval")) @at""",
        ),
        (
            SHELL,
            """(function_call_expression function: (name) @f arguments: (arguments . (argument [(variable_name)
               (binary_expression) (encapsed_string (variable_name)) (subscript_expression)]))
               (#match? @f "^(system|exec|shell_exec|passthru|popen)$")) @at
               (shell_command_expression (variable_name)) @at""",
        ),
        (
            DESERIALISATION,
            """(function_call_expression function: (name) @f arguments: (arguments . (argument [(variable_name)
               (subscript_expression) (function_call_expression) (member_call_expression)]) .)
               (#eq? @f "unserialize")) @at""",
        ),
        (WEAK_HASH, '(function_call_expression function: (name) @f (#match? @f "^(md5|sha1)$")) @at'),
        (
            SQL,
            f"""(function_call_expression function: (name) @f arguments: (arguments (argument [(binary_expression)
               (encapsed_string (variable_name))] @q)) (#match? @f "^(mysqli?_query|pg_query)$")
               (#match? @q "{_STATEMENT}")) @at
               (member_call_expression name: (name) @f arguments: (arguments . (argument [(binary_expression)
               (encapsed_string (variable_name))] @q)) (#match? @f "^(query|exec|prepare)$")
               (#match? @q "{_STATEMENT}")) @at""",
        ),
        (
            MARKUP,
            """(echo_statement (subscript_expression (variable_name) @v)
               (#match? @v "^._(GET|POST|REQUEST|COOKIE)$")) @at""",
        ),
        (
            UNVERIFIED_TLS,
            """(function_call_expression function: (name) @f arguments: (arguments (argument) . (argument) @o .
               (argument [(boolean) (integer)] @v)) (#eq? @f "curl_setopt")
               (#match? @o "CURLOPT_SSL_VERIFY(PEER|HOST)") (#match? @v "(?i)^(false|0)$")) @at""",
        ),
    ),
    "bash": (
        (
            REMOTE_SCRIPT,
            """(pipeline (command name: (command_name) @a) (command name: (command_name) @b)
               (#match? @a "^(curl|wget)$") (#match? @b "^(sudo|(ba|z|da)?sh)$")) @at""",
        ),
        (
            DYNAMIC_CODE,
            """(command name: (command_name) @n argument: [(simple_expansion) (expansion) (string (simple_expansion))
               (string (expansion))] (#eq? @n "eval")) @at""",
        ),
        (
            PERMISSIONS,
            """(command name: (command_name) @n argument: [(number) (word)] @m (#eq? @n "chmod")
               (#match? @m "^(0?777|0?666|a\\\\+r?wx?|o\\\\+r?wx?)$")) @at""",
        ),
        (
            UNVERIFIED_TLS,
            """(command name: (command_name) @n argument: (word) @m (#eq? @n "curl")
               (#match? @m "^(--insecure|-[a-zA-Z]*k)$")) @at
               (command name: (command_name) @n argument: (word) @m (#eq? @n "wget")
               (#eq? @m "--no-check-certificate")) @at""",
        ),
    ),
    "rust": (
        (
            UNVERIFIED_TLS,
            """(call_expression function: (field_expression field: (field_identifier) @f) arguments: (arguments
               (boolean_literal) @v) (#match? @f "^danger_accept_invalid_") (#eq? @v "true")) @at""",
        ),
        (
            WEAK_HASH,
            """(call_expression function: (scoped_identifier) @f
               (#match? @f "^(md5::compute|(Md5|Sha1)::new)$")) @at""",
        ),
        (
            SHELL,
            """(call_expression function: (field_expression value: (call_expression arguments: (arguments .
               (string_literal) @c)) field: (field_identifier) @f) arguments: (arguments . [(identifier)
               (reference_expression) (macro_invocation)]) (#eq? @c "\\"-c\\"") (#eq? @f "arg")) @at""",
        ),
    ),
}
"""By grammar."""
