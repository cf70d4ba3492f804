// compile.js FILE.ksy FOLDER: compiles a Kaitai Struct file to Python.
const fs = require("fs");
const Compiler = require("kaitai-struct-compiler");
const yaml = require("yaml");

const [file, folder] = process.argv.slice(2);
new Compiler().compile("python", yaml.parse(fs.readFileSync(file, "utf8")), null, false).then(
  (files) => {
    for (const name in files) fs.writeFileSync(`${folder}/${name}`, files[name]);
  },
  (error) => {
    console.error(String(error));
    process.exit(1);
  });
