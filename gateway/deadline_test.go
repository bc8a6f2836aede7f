package gateway_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"reflect"
	"sync"
	"testing"
	"time"

	"example.com/identity-starter/gateway"
)

// trickle answers a byte a second, and never all of it.
func trickle(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	for tick := time.Tick(time.Second); ; {
		_, _ = w.Write([]byte(" "))
		_ = http.NewResponseController(w).Flush()
		select {
		case <-tick:
		case <-r.Context().Done():
			return
		}
	}
}

// Whatever asks Stripe comes to an end, also where an answer has begun and goes on for ever: the contract's 10 s for one
// call, and twice that for a page of a list, which is repeated once. A method that is new is among them by itself.
func TestEveryCallHasADeadline(t *testing.T) {
	t.Parallel() // it waits
	server := httptest.NewServer(http.HandlerFunc(trickle))
	t.Cleanup(server.Close)
	client := gateway.New(gateway.Options{SecretKey: "sk_test_simulator", ClientID: "ca_simulator", APIBase: server.URL, ConnectBase: server.URL})
	var all sync.WaitGroup
	asked, methods := 0, reflect.ValueOf(client)
	for i := range methods.NumMethod() {
		name, method := methods.Type().Method(i).Name, methods.Method(i)
		if method.Type().NumIn() == 0 || method.Type().In(0) != reflect.TypeFor[context.Context]() {
			continue
		}
		asked++
		all.Go(func() {
			began := time.Now()
			call(t.Context(), method)
			limit := 12 * time.Second
			if method.Type().Out(0).Kind() == reflect.Func {
				limit = 23 * time.Second
			}
			if took := time.Since(began); took < time.Second || took > limit {
				t.Errorf("%s must ask, and end within %v, got %v", name, limit, took)
			}
		})
	}
	all.Wait()
	if asked < 15 {
		t.Errorf("only %d methods ask: the search no longer fits the source", asked)
	}
}

// call calls a method, and reads what it lists.
func call(ctx context.Context, method reflect.Value) {
	arguments := []reflect.Value{reflect.ValueOf(ctx)}
	for i := 1; i < method.Type().NumIn(); i++ {
		argument := reflect.New(method.Type().In(i)).Elem()
		switch argument.Interface().(type) {
		case string:
			argument.SetString("id")
		case gateway.NewSession:
			argument.Set(reflect.ValueOf(gateway.NewSession{IdempotencyKey: "key", Reference: "reference", UserID: "user"}))
		}
		arguments = append(arguments, argument)
	}
	if result := method.Call(arguments); result[0].Kind() == reflect.Func {
		for range result[0].Seq2() {
			return
		}
	}
}
