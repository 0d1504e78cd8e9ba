/* The language server's frame: messages (JSON-RPC 2.0 with a Content-Length header) in and out, the life of a session,
 * and a table of requests. All that has arrived is read before anything is answered, so that a cancelled request costs
 * nothing; diagnostics are sent when nothing else waits. Protocol: Language Server Protocol 3.17. */
#include "compiler/lsp.h"
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "compiler/diag_json.h"

enum {
    PARSE_ERROR = -32700,
    INVALID_REQUEST = -32600,
    NO_METHOD = -32601,
    INVALID_PARAMS = -32602,
    NOT_INITIALIZED = -32002,
    CANCELLED = -32800,
    FAILED = -32803,
};

struct message {
    struct message *next;
    json_t *json;
    bool cancelled;
};

struct server {
    struct lsp lsp;
    struct buf in;      /* bytes that are not a whole message yet */
    bool ended;         /* the client's end is closed */
    struct message *first, **last;
    bool initialized, shut, done;
};

/* ---- out ---- */

static void send_json(json_t *j)
{
    char *text = json_dumps(j, JSON_COMPACT);
    if (text) printf("Content-Length: %zu\r\n\r\n%s", strlen(text), text);
    fflush(stdout);
    free(text);
    json_decref(j);
}

static void send_error(const json_t *id, int code, const char *what)
{
    send_json(json_pack("{s:s, s:O?, s:{s:i, s:o}}", "jsonrpc", "2.0", "id", id, "error", "code", code, "message",
                        text_value(what)));
}

static void send_result(const json_t *id, json_t *result)
{
    send_json(json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", id, "result", result ? result : json_null()));
}

static void notify(const char *method, json_t *params)
{
    send_json(json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", method, "params", params));
}

/* ---- in ---- */

static void take_bytes(struct server *s)
{
    char piece[1 << 16];
    ssize_t n;
    do n = read(STDIN_FILENO, piece, sizeof piece);
    while (n < 0 && errno == EINTR);
    if (n <= 0) s->ended = true;
    else buf_add(&s->in, piece, (size_t)n);
}

static void drop(struct server *s, size_t n)
{
    memmove(s->in.text, s->in.text + n, s->in.n - n + 1);
    s->in.n -= n;
}

/* The length after "Content-Length:" in a header; -1: it has none. */
static long content_length(const char *header, size_t n)
{
    static const char name[] = "Content-Length:";
    for (size_t i = 0; i + sizeof name <= n; i++)
        if ((i == 0 || header[i - 1] == '\n') && !strncasecmp(header + i, name, sizeof name - 1)) {
            long length = strtol(header + i + sizeof name - 1, NULL, 10);
            return length >= 0 && length <= 1L << 30 ? length : -1;
        }
    return -1;
}

static bool same_id(const json_t *a, const json_t *b)
{
    return a && b && json_equal((json_t *)a, (json_t *)b);
}

static void cancel(struct server *s, const json_t *id)
{
    for (struct message *m = s->first; m; m = m->next)
        if (same_id(json_object_get(m->json, "id"), id)) m->cancelled = true;
}

static void arrived(struct server *s, json_t *j)
{
    const char *method = json_string_value(json_object_get(j, "method"));
    if (method && !strcmp(method, "$/cancelRequest")) {
        cancel(s, json_object_get(json_object_get(j, "params"), "id"));
        json_decref(j);
        return;
    }
    struct message *m = calloc(1, sizeof *m);
    if (!m) out_of_memory(sizeof *m);
    m->json = j;
    *s->last = m;
    s->last = &m->next;
}

/* Takes whole messages from the bytes that are there. */
static void take_messages(struct server *s)
{
    while (s->in.n) {
        const char *end = strstr(s->in.text, "\r\n\r\n"), *bare = strstr(s->in.text, "\n\n");
        size_t gap = 4;
        if (bare && (!end || bare < end)) {
            end = bare;
            gap = 2;
        }
        if (!end) return;
        size_t header = (size_t)(end - s->in.text) + gap;
        long length = content_length(s->in.text, header);
        if (length < 0) {
            drop(s, header);
            send_error(NULL, PARSE_ERROR, "a header without Content-Length");
            continue;
        }
        if (s->in.n - header < (size_t)length) return;
        json_t *j = json_loadb(s->in.text + header, (size_t)length, JSON_ALLOW_NUL, NULL);
        drop(s, header + (size_t)length);
        if (json_is_object(j)) {
            arrived(s, j);
        } else {
            send_error(NULL, j ? INVALID_REQUEST : PARSE_ERROR, j ? "not an object" : "not JSON");
            json_decref(j);
        }
    }
}

static bool waiting(void)
{
    struct pollfd p = { STDIN_FILENO, POLLIN, 0 };
    return poll(&p, 1, 0) > 0;
}

/* ---- requests ---- */

static json_t *capabilities(void)
{
    return json_pack(
        "{s:{s:s, s:{s:b, s:i, s:b}, s:b, s:b, s:b, s:b, s:b, s:b, s:{s:b}, s:{s:[s]}, s:{s:[s, s, s]}, s:{s:[s, s]}},"
        " s:{s:s, s:s}}",
        "capabilities", "positionEncoding", "utf-16", "textDocumentSync", "openClose", 1, "change", 2, "save", 0,
        "hoverProvider", 1, "definitionProvider", 1, "referencesProvider", 1, "documentHighlightProvider", 1,
        "documentFormattingProvider", 1, "documentSymbolProvider", 1, "renameProvider", "prepareProvider", 1,
        "codeActionProvider", "codeActionKinds", "quickfix", "completionProvider", "triggerCharacters", ".", "~", "(",
        "signatureHelpProvider", "triggerCharacters", "(", ",", "serverInfo", "name", "icl", "version",
        PACKAGE_VERSION);
}

static const struct {
    const char *method;
    lsp_request *answer;
} requests[] = {
    { "textDocument/hover", lsp_hover },
    { "textDocument/definition", lsp_definition },
    { "textDocument/references", lsp_references },
    { "textDocument/documentHighlight", lsp_highlight },
    { "textDocument/rename", lsp_rename },
    { "textDocument/prepareRename", lsp_prepare_rename },
    { "textDocument/completion", lsp_completion },
    { "textDocument/signatureHelp", lsp_signature },
    { "textDocument/documentSymbol", lsp_symbols },
    { "textDocument/formatting", lsp_format },
    { "textDocument/codeAction", lsp_actions },
};

static void request(struct server *s, const char *method, const json_t *id, const json_t *params)
{
    if (!strcmp(method, "initialize")) {
        s->initialized = true;
        send_result(id, capabilities());
        return;
    }
    if (!s->initialized) {
        send_error(id, NOT_INITIALIZED, "the first request is `initialize`");
        return;
    }
    if (!strcmp(method, "shutdown")) {
        s->shut = true;
        send_result(id, NULL);
        return;
    }
    if (s->shut) {
        send_error(id, INVALID_REQUEST, "after `shutdown` comes `exit`");
        return;
    }
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        if (strcmp(requests[i].method, method)) continue;
        struct document *d = document_find(&s->lsp, params);
        const char *why = NULL;
        if (!d) {
            send_error(id, INVALID_PARAMS, "this document is not open");
            return;
        }
        json_t *result = requests[i].answer(&s->lsp, d, params, &why);
        if (why) send_error(id, FAILED, why);
        else send_result(id, result);
        return;
    }
    send_error(id, NO_METHOD, method);
}

static void close_document(struct server *s, struct document *d)
{
    notify("textDocument/publishDiagnostics", json_pack("{s:o, s:[]}", "uri", text_value(d->uri), "diagnostics"));
    document_close(&s->lsp, d);
}

static void notification(struct server *s, const char *method, const json_t *params)
{
    const json_t *of = json_object_get(params, "textDocument");
    const char *uri = json_string_value(json_object_get(of, "uri"));
    json_int_t version = json_integer_value(json_object_get(of, "version"));
    if (!strcmp(method, "exit")) {
        s->done = true;
    } else if (!strcmp(method, "textDocument/didOpen")) {
        const char *text = json_string_value(json_object_get(of, "text"));
        if (uri && text) document_open(&s->lsp, uri, text, version);
    } else if (!strcmp(method, "textDocument/didChange")) {
        struct document *d = document_find(&s->lsp, params);
        if (!d) return;
        d->version = version;
        document_change(&s->lsp, d, json_object_get(params, "contentChanges"));
    } else if (!strcmp(method, "textDocument/didClose")) {
        struct document *d = document_find(&s->lsp, params);
        if (d) close_document(s, d);
    }
}

static void handle(struct server *s, const struct message *m)
{
    const char *method = json_string_value(json_object_get(m->json, "method"));
    const json_t *id = json_object_get(m->json, "id"), *params = json_object_get(m->json, "params");
    if (m->cancelled) send_error(id, CANCELLED, "cancelled");
    else if (!method && id && !json_object_get(m->json, "result") && !json_object_get(m->json, "error"))
        send_error(id, INVALID_REQUEST, "no method");
    else if (method && id) request(s, method, id, params);
    else if (method) notification(s, method, params);
}

/* Tells the client about one state it has not been told about. False: it knows all. */
static bool tell(struct server *s)
{
    for (struct document *d = s->lsp.documents; d; d = d->next) {
        if (d->told) continue;
        d->told = true;
        notify("textDocument/publishDiagnostics", document_messages(&s->lsp, d));
        return true;
    }
    return false;
}

int lsp(void)
{
    struct server s = { .last = &s.first };
    mallopt(M_MMAP_THRESHOLD, 1 << 30); /* the memory of one analysis is that of the next */
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    while (!s.done && !(s.ended && !s.first)) {
        while (!s.ended && waiting()) {
            take_bytes(&s);
            take_messages(&s);
        }
        struct message *m = s.first;
        if (m) {
            s.first = m->next;
            if (!s.first) s.last = &s.first;
            handle(&s, m);
            json_decref(m->json);
            free(m);
        } else if (!tell(&s) && !s.ended) {
            take_bytes(&s);
            take_messages(&s);
        }
    }
    while (s.lsp.documents) document_close(&s.lsp, s.lsp.documents);
    for (struct message *m = s.first, *next; m; m = next) {
        next = m->next;
        json_decref(m->json);
        free(m);
    }
    buf_free(&s.in);
    return s.shut ? 0 : 1;
}
