<?php
// A product in PHP, beside the identity program: docs/beside.md.
//   API_TOKEN=… NOTIFY_SECRET=… php -S localhost:3000 receive.php
const LATER = 'Please try again in a minute.';
set_error_handler(fn ($level, $what) => throw new ErrorException($what), E_WARNING); // instead of going on

// Yours: the id of the user who is signed in, from your session.
function signed_in(): string { return 'customer-1'; }

// Yours: what follows. `verified` says how it is now. Decide by it, not by the type.
function act(array $event): void
{
    $data = $event['data'];
    file_put_contents('php://stdout', "{$event['timestamp']} {$event['type']}: {$data['user_id']} is " . ($data['verified'] ? '' : 'not ') . "verified\n");
}

// Yours: a table in which each id is unique, in one transaction with what follows.
function once(string $id, callable $what): void
{
    $database = new PDO('sqlite:seen.db');
    $database->exec('CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY)');
    $database->beginTransaction();
    $insert = $database->prepare('INSERT INTO seen (id) VALUES (?) ON CONFLICT DO NOTHING');
    $insert->execute([$id]);
    if ($insert->rowCount() === 1) $what();
    $database->commit();
}

// Whether one of the signatures is right, and was made within five minutes.
function signed(string $body): bool
{
    [$id, $timestamp, $signatures] = array_map(fn ($name) => $_SERVER["HTTP_WEBHOOK_$name"] ?? '', ['ID', 'TIMESTAMP', 'SIGNATURE']);
    if (!preg_match('/^\d{1,12}$/D', $timestamp) || abs(time() - (int) $timestamp) > 300) return false;
    $key = base64_decode(preg_replace('/^whsec_/', '', (string) getenv('NOTIFY_SECRET')), true) ?: throw new Exception('NOTIFY_SECRET is missing');
    $right = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
    foreach (explode(' ', $signatures) as $given) if (hash_equals($right, $given)) return true;
    return false;
}

// The signature is over the bytes as they came, so nothing may parse them before. Whatever is not answered 2xx comes again.
function receive(): array
{
    $body = file_get_contents('php://input', length: 65537);
    if (strlen($body) > 65536) return [413, 'Too large'];
    if (!signed($body)) return [401, 'Bad signature'];
    $event = json_decode($body, true, flags: JSON_THROW_ON_ERROR);
    if ($event['type'] !== 'test') once($_SERVER['HTTP_WEBHOOK_ID'], fn () => act($event));
    return [204, ''];
}

function ask(string $method, string $path = ''): array
{
    $url = (getenv('IDENTITY_URL') ?: 'http://localhost:4242') . '/api/users/' . rawurlencode(signed_in()) . $path;
    $headers = ['Authorization: Bearer ' . getenv('API_TOKEN'), 'Accept-Language: ' . ($_SERVER['HTTP_ACCEPT_LANGUAGE'] ?? '*')];
    $stream = fopen($url, 'r', false, stream_context_create(
        ['http' => ['method' => $method, 'header' => $headers, 'timeout' => 20, 'ignore_errors' => true]]));
    $headers = implode("\n", stream_get_meta_data($stream)['wrapper_data']);
    preg_match('/^HTTP\S+ (\d+)/', $headers, $status);
    preg_match('/^Retry-After: *(\d+)/mi', $headers, $seconds);
    return [(int) $status[1], json_decode(stream_get_contents($stream), true, flags: JSON_THROW_ON_ERROR), $seconds[1] ?? '60'];
}

// Where the button leads. The other 409 and 403 (processing, in_review, rejected) have a message for the user. Nothing else has: a
// wrong token is your business, and 503 (Stripe does not answer) is over soon.
function verify(): array
{
    [$status, $answer, $seconds] = ask('POST', '/verification-session');
    if ($status === 200) return [303, '', "Location: {$answer['url']}"];
    if ($answer['error']['code'] === 'already_verified') return [303, '', 'Location: /members'];
    if ($answer['error']['code'] === 'attempts_exhausted') return [403, 'There are no attempts left. Please write to us.'];
    if ($status === 409 || $status === 403) return [$status, $answer['error']['message']];
    error_log("identity: $status {$answer['error']['code']}");
    return [503, LATER, "Retry-After: $seconds"];
}

// Ask before each thing that is for verified people only.
function members(): array
{
    [, $answer] = ask('GET');
    if (($answer['verified'] ?? false) === true) return [200, 'Welcome, member.'];
    if (($answer['status'] ?? '') === 'processing') return [403, 'Your document is being checked.'];
    return [403, '<form method="post" action="/verify"><button>Verify me</button></form>', 'Content-Type: text/html'];
}

try {
    [$status, $text, $header] = match ($_SERVER['REQUEST_METHOD'] . ' ' . strtok($_SERVER['REQUEST_URI'], '?')) {
        'POST /webhooks/identity' => receive(), 'POST /verify' => verify(), 'GET /members' => members(), default => [404, 'Not found'],
    } + [2 => 'Content-Type: text/plain; charset=utf-8'];
} catch (Throwable $e) {
    error_log($e);
    [$status, $text, $header] = [500, LATER, 'Content-Type: text/plain'];
}
header($header, true, $status);
echo $text;
