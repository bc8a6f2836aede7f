"""A product in Python, beside the identity program: docs/beside.md.
   API_TOKEN=… NOTIFY_SECRET=… python3 receive.py
"""
import base64, contextlib, hmac, http, json, os, re, socketserver, sqlite3, sys, time, traceback, urllib.error, urllib.parse, urllib.request
from wsgiref.simple_server import WSGIServer, make_server

IDENTITY_URL = os.environ.get("IDENTITY_URL", "http://localhost:4242")
KEY = base64.b64decode(os.environ["NOTIFY_SECRET"].removeprefix("whsec_"), validate=True) or sys.exit("NOTIFY_SECRET is empty")
LATER = "Please try again in a minute."

def signed_in(request):  # Yours: the id of the user who is signed in, from your session.
    return "customer-1"

def act(event):  # Yours: what follows. `verified` says how it is now. Decide by it, not by the type.
    user, verified = event["data"]["user_id"], event["data"]["verified"]
    print(f"{event['timestamp']} {event['type']}: {user} is {'verified' if verified else 'not verified'}", flush=True)

def once(id, what):  # Yours: a table in which each id is unique, in one transaction with what follows.
    with contextlib.closing(sqlite3.connect("seen.db")) as database, database:
        database.execute("CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY)")
        if database.execute("INSERT INTO seen (id) VALUES (?) ON CONFLICT DO NOTHING", [id]).rowcount:
            what()

def signed(request, body):  # whether one of the signatures is right, and was made within five minutes
    id, timestamp, signatures = (request.get("HTTP_WEBHOOK_" + name, "") for name in ("ID", "TIMESTAMP", "SIGNATURE"))
    if not re.fullmatch("[0-9]{1,12}", timestamp) or abs(time.time() - int(timestamp)) > 300:
        return False
    right = b"v1," + base64.b64encode(hmac.digest(KEY, f"{id}.{timestamp}.".encode() + body, "sha256"))
    return any(hmac.compare_digest(right, given.encode()) for given in signatures.split())

# The signature is over the bytes as they came, so nothing may parse them before. Whatever is not answered 2xx comes again.
def receive(request):
    length = int(request.get("CONTENT_LENGTH") or 0)
    if not 0 <= length <= 65536:
        return 413, "Too large"
    body = request["wsgi.input"].read(length)
    if not signed(request, body):
        return 401, "Bad signature"
    event = json.loads(body)
    if event["type"] != "test":
        once(request["HTTP_WEBHOOK_ID"], lambda: act(event))
    return 204, ""

def ask(method, request, path=""):
    user = urllib.parse.quote(signed_in(request), safe="")
    question = urllib.request.Request(f"{IDENTITY_URL}/api/users/{user}{path}", method=method, headers={
        "Authorization": "Bearer " + os.environ["API_TOKEN"], "Accept-Language": request.get("HTTP_ACCEPT_LANGUAGE", "*")})
    try:
        response = urllib.request.urlopen(question, timeout=20)
    except urllib.error.HTTPError as error:
        response = error
    with response:
        return response.status, json.load(response), response.headers.get("Retry-After", "60")

# Where the button leads. The other 409 and 403 (processing, in_review, rejected) have a message for the user. Nothing else has: a
# wrong token is your business, and 503 (Stripe does not answer) is over soon.
def verify(request):
    status, answer, seconds = ask("POST", request, "/verification-session")
    if status == 200:
        return 303, "", ("Location", answer["url"])
    if answer["error"]["code"] == "already_verified":
        return 303, "", ("Location", "/members")
    if answer["error"]["code"] == "attempts_exhausted":
        return 403, "There are no attempts left. Please write to us."
    if status in (409, 403):
        return status, answer["error"]["message"]
    print("identity:", status, answer["error"]["code"], file=sys.stderr)
    return 503, LATER, ("Retry-After", seconds)

# Ask before each thing that is for verified people only.
def members(request):
    _, answer, _ = ask("GET", request)
    if answer.get("verified") is True:
        return 200, "Welcome, member."
    if answer.get("status") == "processing":
        return 403, "Your document is being checked."
    return 403, '<form method="post" action="/verify"><button>Verify me</button></form>', ("Content-Type", "text/html")

ROUTES = {"POST /webhooks/identity": receive, "POST /verify": verify, "GET /members": members}

def product(request, start):
    route = ROUTES.get(request["REQUEST_METHOD"] + " " + request["PATH_INFO"], lambda _: (404, "Not found"))
    try:
        status, text, *headers = route(request)
    except Exception:
        traceback.print_exc()
        status, text, headers = 500, LATER, []
    start(f"{status} {http.HTTPStatus(status).phrase}", headers or [("Content-Type", "text/plain; charset=utf-8")])
    return [text.encode()]

class Server(socketserver.ThreadingMixIn, WSGIServer):  # a thread each, since browsers open connections before they need them
    daemon_threads = True

make_server("127.0.0.1", int(os.environ.get("PORT", 3000)), product, Server).serve_forever()
