package notify

import (
	"context"
	"net"
	"net/http"
)

// CountGivenUp is the doctor's statement.
const CountGivenUp = countGivenUp

// Post sends a message over connections of the test's.
func Post(ctx context.Context, address string, dial func(context.Context, string, string) (net.Conn, error)) (int, error) {
	to := receiver{url: address, client: newClient()}
	to.client.Transport.(*http.Transport).DialContext = dial
	defer to.client.CloseIdleConnections()
	return to.post(ctx, 0, message{id: "msg_1", body: []byte("{}")})
}
