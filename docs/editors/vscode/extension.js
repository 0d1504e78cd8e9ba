// Starts `icl lsp` for scripts and hands it to VS Code's client.
const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = function () {
    const command = workspace.getConfiguration("icl").get("path") || "icl";
    const server = { command, args: ["lsp"] };
    client = new LanguageClient("icl", "icl", server, { documentSelector: [{ language: "icl" }] });
    return client.start();
};

exports.deactivate = function () {
    return client && client.stop();
};
