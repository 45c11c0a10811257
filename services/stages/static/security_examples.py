"""
Whole files in which the rules about security fire, and files that look like them; by rule, each with its language.
"""

Shown = tuple[tuple[str, str], ...]

_GITHUB = "ghp_" + "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY1zA3"
"""Made up, and in two parts, so that no scanner of this repository takes it for a key."""

FIRES: dict[str, Shown] = {
    "dynamic-code": (
        ("def f(text):\n    return eval(text)\n", "python"),
        ("export const run = (text) => eval(text);\n", "javascript"),
        ("const add = new Function('a', 'b', body);\n", "typescript"),
        ("def run(text)\n  eval(text)\nend\n", "ruby"),
        ("<?php\neval($code);\n", "php"),
        ('eval "$COMMAND"\n', "bash"),
    ),
    "shell-command": (
        ("import subprocess\n\n\ndef f(name):\n    subprocess.run(f'ls {name}', shell=True)\n", "python"),
        ("const cp = require('child_process');\ncp.exec(`ls ${name}`);\n", "javascript"),
        ('class A { void f(String s) throws Exception { Runtime.getRuntime().exec("ls " + s); } }\n', "java"),
        ('package a\n\nfunc f(s string) { exec.Command("sh", "-c", "ls "+s).Run() }\n', "go"),
        ("#include <stdlib.h>\nint run(const char *c) { return system(c); }\n", "c"),
        (
            "#include <cstdlib>\nint run(const std::string &c) { return std::system(c.c_str()) + system(c.c_str()); "
            "}\n",
            "cpp",
        ),
        ('system("ls #{name}")\n', "ruby"),
        ('<?php\nsystem("ls $name");\n', "php"),
        ('fn f(s: &str) { Command::new("sh").arg("-c").arg(format!("ls {s}")).status(); }\n', "rust"),
        ("EXEC xp_cmdshell 'dir';\n", "sql"),
    ),
    "sql-injection": (
        ("def f(db, name):\n    return db.execute(f\"SELECT * FROM users WHERE name = '{name}'\")\n", "python"),
        ("db.query(`SELECT * FROM users WHERE id = ${id}`);\n", "javascript"),
        (
            'class A { void f(Statement s, String n) { s.executeQuery("SELECT * FROM t WHERE n=\'" + n + "\'"); } }\n',
            "java",
        ),
        ("package a\n\nfunc f(n string) { db.Query(fmt.Sprintf(\"SELECT * FROM t WHERE n = '%s'\", n)) }\n", "go"),
        ('connection.execute("SELECT * FROM users WHERE id = #{id}")\n', "ruby"),
        ('<?php\n$db->query("SELECT * FROM users WHERE id = $id");\n', "php"),
        ("BEGIN\n  EXECUTE 'SELECT * FROM ' || name;\nEND;\n", "sql"),
    ),
    "weak-hash": (
        ("import hashlib\n\n\ndef f(data):\n    return hashlib.md5(data).hexdigest()\n", "python"),
        ("const h = crypto.createHash('md5').update(password).digest('hex');\n", "javascript"),
        ('class A { void f() throws Exception { MessageDigest.getInstance("MD5"); } }\n', "java"),
        ("package a\n\nfunc f(b []byte) { md5.Sum(b) }\n", "go"),
        ("Digest::MD5.hexdigest(password)\n", "ruby"),
        ("<?php\n$hash = md5($password);\n", "php"),
        ("#include <openssl/md5.h>\nvoid f(void) { MD5(data, n, out); }\n", "c"),
        ('fn f() { let d = md5::compute(b"x"); }\n', "rust"),
    ),
    "weak-cipher": (
        ("import ssl\n\nssl.wrap_socket(ssl_version=ssl.PROTOCOL_SSLv3)\n", "python"),
        ("crypto.createCipheriv('des-ecb', key, null);\n", "javascript"),
        ('class A { void f() throws Exception { Cipher.getInstance("DES/ECB/PKCS5Padding"); } }\n', "java"),
        ("package a\n\nfunc f(k []byte) { rc4.NewCipher(k) }\n", "go"),
    ),
    "weak-random": (("import random\n\ntoken = random.randint(0, 10**9)\n", "python"),),
    "hard-coded-secret": (
        ('password = "Tr0ub4dor-and-3"\n', "python"),
        ("const config = { apiKey: 'q7Zt0Lw9Bv2' };\n", "javascript"),
        ('class A { String password = "Tr0ub4dor-3"; }\n', "java"),
        ("CREATE USER app IDENTIFIED BY 'Tr0ub4dor-3';\n", "sql"),
    ),
    "exposed-credential": (
        (f'TOKEN = "{_GITHUB}"\n', "python"),
        (f"const token = '{_GITHUB}';\n", "javascript"),
        (f"token: {_GITHUB}\n", "yaml"),
        (f'{{"token": "{_GITHUB}"}}\n', "json"),
    ),
    "unsafe-deserialisation": (
        ("import pickle\n\n\ndef f(data):\n    return pickle.loads(data)\n", "python"),
        (
            "class A { Object f(InputStream s) throws Exception { return new ObjectInputStream(s).readObject(); } }\n",
            "java",
        ),
        ("Marshal.load(data)\n", "ruby"),
        ("<?php\n$value = unserialize($data);\n", "php"),
    ),
    "unverified-tls": (
        ("import requests\n\nrequests.get('https://a.example', verify=False, timeout=3)\n", "python"),
        ("const agent = new https.Agent({ rejectUnauthorized: false });\n", "javascript"),
        ("package a\n\nvar c = tls.Config{InsecureSkipVerify: true}\n", "go"),
        ("http.verify_mode = OpenSSL::SSL::VERIFY_NONE\n", "ruby"),
        ("<?php\ncurl_setopt($ch, CURLOPT_SSL_VERIFYPEER, false);\n", "php"),
        ("curl -k https://a.example/data\n", "bash"),
        ("fn f(b: ClientBuilder) { b.danger_accept_invalid_certs(true); }\n", "rust"),
    ),
    "unsafe-markup": (
        ("import jinja2\n\nenv = jinja2.Environment(autoescape=False)\n", "python"),
        ("element.innerHTML = name;\n", "javascript"),
        ("document.write(name);\n", "typescript"),
        ("package a\n\nfunc f(s string) { use(template.HTML(s)) }\n", "go"),
        ("<?php\necho $_GET['name'];\n", "php"),
    ),
    "unsafe-xml": (
        ("import xml.etree.ElementTree as ET\n\n\ndef f(text):\n    return ET.fromstring(text)\n", "python"),
    ),
    "unsafe-archive": (("import tarfile\n\n\ndef f(path):\n    tarfile.open(path).extractall()\n", "python"),),
    "open-permissions": (
        ("import os\n\nos.chmod('/tmp/a', 0o777)\n", "python"),
        ("chmod 777 /srv/data\n", "bash"),
    ),
    "debug-mode": (("from flask import Flask\n\napp = Flask(__name__)\napp.run(debug=True)\n", "python"),),
    "all-interfaces": (("HOST = '0.0.0.0'\n", "python"),),
    "plain-text-protocol": (("import ftplib\n\nftplib.FTP('a.example')\n", "python"),),
    "no-timeout": (("import requests\n\nrequests.get('https://a.example')\n", "python"),),
    "temporary-file": (
        ("import tempfile\n\npath = tempfile.mktemp()\n", "python"),
        ("#include <stdio.h>\nchar *f(char *b) { return tmpnam(b); }\n", "c"),
    ),
    "remote-script": (("curl -fsSL https://a.example/install.sh | sh\n", "bash"),),
    "unbounded-copy": (("#include <string.h>\nvoid f(char *a, char *b) { strcpy(a, b); }\n", "c"),),
    "unbounded-read": (
        ("#include <stdio.h>\nvoid f(char *a) { gets(a); }\n", "c"),
        ('#include <cstdio>\nvoid f(char *a) { scanf("%s", a); }\n', "cpp"),
    ),
}

PASSES: dict[str, Shown] = {
    "dynamic-code": (
        ("import ast\n\n\ndef f(text):\n    return ast.literal_eval(text)\n", "python"),
        ("model.eval(text);\n", "javascript"),
        ("<?php\n$code = 'eval($x)';\n", "php"),
    ),
    "shell-command": (
        ("import subprocess\n\n\ndef f(name):\n    subprocess.run(['ls', name], check=True)\n", "python"),
        ("const found = pattern.exec(first + second);\n", "javascript"),
        ('package a\n\nfunc f(s string) { exec.Command("ls", s).Run() }\n', "go"),
        ('system("ls", name)\n', "ruby"),
        ("<?php\nsystem('ls');\n", "php"),
        ('#include <stdlib.h>\nint run(void) { return system("ls"); }\n', "c"),
    ),
    "sql-injection": (
        ('def f(db, name):\n    return db.execute("SELECT * FROM users WHERE name = ?", (name,))\n', "python"),
        ("db.query('SELECT * FROM users WHERE id = ?', [id]);\nlog.run(`Selected ${id}`);\n", "javascript"),
        ('connection.execute("SELECT * FROM users WHERE id = ?", id)\n', "ruby"),
        ("<?php\n$db->query('SELECT * FROM users');\n", "php"),
        ("EXECUTE prepared USING 3;\n", "sql"),
    ),
    "weak-hash": (
        ("import hashlib\n\n\ndef f(data):\n    return hashlib.sha256(data).hexdigest()\n", "python"),
        ("const h = crypto.createHash('sha256').update(data).digest('hex');\n", "javascript"),
    ),
    "weak-cipher": (
        ("import ssl\n\ncontext = ssl.create_default_context()\n", "python"),
        ("crypto.createCipheriv('aes-256-gcm', key, iv);\n", "javascript"),
    ),
    "weak-random": (("import secrets\n\ntoken = secrets.token_hex(16)\n", "python"),),
    "hard-coded-secret": (
        ("import os\n\npassword = os.environ['PASSWORD']\n", "python"),
        ("const config = { apiKey: 'your-api-key-here', password: process.env.PASSWORD };\n", "javascript"),
    ),
    "exposed-credential": (
        ('TOKEN = "ghp_' + "x" * 36 + '"\n', "python"),
        ('KEY = "AKIA' + 'IOSFODNN7EXAMPLE"\n', "python"),
    ),
    "unsafe-deserialisation": (
        ("import json\n\n\ndef f(data):\n    return json.loads(data)\n", "python"),
        ("JSON.parse(data)\nYAML.load(data)\n", "ruby"),
    ),
    "unverified-tls": (
        ("import requests\n\nrequests.get('https://a.example', verify=True, timeout=3)\n", "python"),
        ("const agent = new https.Agent({ rejectUnauthorized: true });\n", "javascript"),
        ("curl -fsS https://a.example/data\n", "bash"),
    ),
    "unsafe-markup": (
        ("import jinja2\n\nenv = jinja2.Environment(autoescape=True)\n", "python"),
        ("element.textContent = name;\nelement.innerHTML = '';\n", "javascript"),
        ("<?php\necho htmlspecialchars($_GET['name']);\n", "php"),
    ),
    "unsafe-xml": (("import json\n\n\ndef f(text):\n    return json.loads(text)\n", "python"),),
    "unsafe-archive": (
        ("import tarfile\n\n\ndef f(path):\n    tarfile.open(path).extractall(filter='data')\n", "python"),
    ),
    "open-permissions": (
        ("import os\n\nos.chmod('/tmp/a', 0o600)\n", "python"),
        ("chmod 755 /srv/data\n", "bash"),
    ),
    "debug-mode": (("from flask import Flask\n\napp = Flask(__name__)\napp.run()\n", "python"),),
    "all-interfaces": (("HOST = '127.0.0.1'\n", "python"),),
    "plain-text-protocol": (("import smtplib\n\nsmtplib.SMTP_SSL('a.example')\n", "python"),),
    "no-timeout": (("import requests\n\nrequests.get('https://a.example', timeout=3)\n", "python"),),
    "temporary-file": (("import tempfile\n\nfile = tempfile.NamedTemporaryFile()\n", "python"),),
    "remote-script": (("curl -fsSL https://a.example/data.json | jq .name\n", "bash"),),
    "unbounded-copy": (("#include <string.h>\nvoid f(char *a, char *b) { strncpy(a, b, 4); }\n", "c"),),
    "unbounded-read": (('#include <stdio.h>\nvoid f(char *a) { fgets(a, 4, stdin); scanf("%3s", a); }\n', "c"),),
}
