# A product in Ruby, beside the identity program: docs/beside.md.
#   gem install webrick
#   API_TOKEN=… NOTIFY_SECRET=… ruby receive.rb
require "erb"
require "json"
require "net/http"
require "openssl"
require "pstore"
require "webrick"

IDENTITY_URL = ENV.fetch("IDENTITY_URL", "http://localhost:4242")
KEY = ENV.fetch("NOTIFY_SECRET").delete_prefix("whsec_").unpack1("m0")
abort "NOTIFY_SECRET is empty" if KEY.empty?
SEEN = PStore.new("seen.pstore", true)
LATER = "Please try again in a minute."

# Yours: the id of the user who is signed in, from your session.
def signed_in(_request) = "customer-1"

# Yours: what follows. `verified` says how it is now. Decide by it, not by the type.
def act(event)
  puts "#{event["timestamp"]} #{event["type"]}: #{event["data"]["user_id"]} is #{"not " unless event["data"]["verified"]}verified"
  $stdout.flush
end

# Yours: a table in which each id is unique, in one transaction with what follows.
def once(id)
  SEEN.transaction do
    next if SEEN.root?(id)
    yield
    SEEN[id] = true
  end
end

# Whether one of the signatures is right, and was made within five minutes.
def signed?(request, body)
  id, timestamp, signatures = %w[id timestamp signature].map { |name| request["webhook-#{name}"].to_s }
  return false unless timestamp.match?(/\A\d{1,12}\z/) && (Time.now.to_i - timestamp.to_i).abs <= 300
  right = "v1," + [OpenSSL::HMAC.digest("SHA256", KEY, "#{id}.#{timestamp}.#{body}")].pack("m0")
  signatures.split.any? { |given| OpenSSL.secure_compare(right, given) }
end

# The signature is over the bytes as they came, so nothing may parse them before. Whatever is not answered 2xx comes again.
def receive(request)
  body = "".b
  request.body { |part| return 413, "Too large" if (body << part).bytesize > 65536 }
  return 401, "Bad signature" unless signed?(request, body)
  event = JSON.parse(body)
  once(request["webhook-id"]) { act(event) } unless event["type"] == "test"
  [204, ""]
end

def ask(method, request, path = "")
  uri = URI("#{IDENTITY_URL}/api/users/#{ERB::Util.url_encode(signed_in(request))}#{path}")
  headers = { "Authorization" => "Bearer #{ENV.fetch("API_TOKEN")}", "Accept-Language" => request["Accept-Language"] || "*" }
  response = Net::HTTP.start(uri.host, uri.port, use_ssl: uri.scheme == "https", read_timeout: 20, max_retries: 0) do |http|
    http.send_request(method, uri.path, nil, headers)
  end
  [response.code.to_i, JSON.parse(response.body), response["Retry-After"] || "60"]
end

# Where the button leads. The other 409 and 403 (processing, in_review, rejected) have a message for the user. Nothing else has: a
# wrong token is your business, and 503 (Stripe does not answer) is over soon.
def verify(request)
  status, answer, seconds = ask("POST", request, "/verification-session")
  return 303, "", { "Location" => answer["url"] } if status == 200
  return 303, "", { "Location" => "/members" } if answer["error"]["code"] == "already_verified"
  return 403, "There are no attempts left. Please write to us." if answer["error"]["code"] == "attempts_exhausted"
  return status, answer["error"]["message"] if [409, 403].include?(status)
  warn "identity: #{status} #{answer["error"]["code"]}"
  [503, LATER, { "Retry-After" => seconds }]
end

# Ask before each thing that is for verified people only.
def members(request)
  _, answer, _ = ask("GET", request)
  return 200, "Welcome, member." if answer["verified"] == true
  return 403, "Your document is being checked." if answer["status"] == "processing"
  [403, '<form method="post" action="/verify"><button>Verify me</button></form>', { "Content-Type" => "text/html" }]
end

ROUTES = { "POST /webhooks/identity" => :receive, "POST /verify" => :verify, "GET /members" => :members }

server = WEBrick::HTTPServer.new(BindAddress: "127.0.0.1", Port: ENV.fetch("PORT", 3000), AccessLog: [])
server.mount_proc("/") do |request, response|
  route = ROUTES["#{request.request_method} #{request.path}"]
  response.status, response.body, headers = route ? send(route, request) : [404, "Not found"]
  { "Content-Type" => "text/plain; charset=utf-8" }.merge(headers || {}).each { |name, value| response[name] = value }
rescue StandardError => e
  warn e.full_message
  response.status, response.body = 500, LATER
end
server.start
