package upgrade_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/upgrade"
)

func TestOwnDialFunctionGoesWithoutTheEnvironment(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	n := newNetwork(t)
	d := upgrade.Dialer{DialContext: n.DialContext}
	_, _, err := d.Dial(t.Context(), "ws://server.example/")
	require.ErrorContains(t, err, "no host at tcp server.example:80")
}

// net/http reads the environment once, so that each case has a process of its own.
func TestEnvironmentNamesTheProxyAsForNetHTTP(t *testing.T) {
	if target := os.Getenv("UPGRADE_TEST_TARGET"); target != "" {
		var d upgrade.Dialer
		_, _, err := d.Dial(t.Context(), target)
		fmt.Println("outcome:", err)
		return
	}
	proxy := newConnectProxy(nil)
	proxy.users = "nobody's"
	server := httptest.NewServer(proxy)
	defer server.Close()
	direct := httptest.NewServer(http.NotFoundHandler())
	defer direct.Close()
	for name, test := range map[string]struct {
		target, env, asked string
	}{
		"ws":                  {"ws://server.example/", "HTTP_PROXY=" + server.URL, "server.example:80"},
		"wss":                 {"wss://server.example/", "https_proxy=" + server.URL, "server.example:443"},
		"of the other scheme": {"ws://server.example:8080/", "HTTP_PROXY=" + server.URL + "\x00HTTPS_PROXY=http://127.0.0.1:1", "server.example:8080"},
		"loopback":            {"ws" + strings.TrimPrefix(direct.URL, "http"), "HTTP_PROXY=" + server.URL, ""},
	} {
		t.Run(name, func(t *testing.T) {
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestEnvironmentNamesTheProxyAsForNetHTTP$")
			for _, pair := range os.Environ() {
				if name, _, _ := strings.Cut(strings.ToLower(pair), "="); !strings.HasSuffix(name, "_proxy") && name != "request_method" {
					child.Env = append(child.Env, pair)
				}
			}
			child.Env = append(child.Env, "UPGRADE_TEST_TARGET="+test.target)
			child.Env = append(child.Env, strings.Split(test.env, "\x00")...)
			out, err := child.CombinedOutput()
			require.NoError(t, err, string(out))
			if test.asked == "" {
				require.Contains(t, string(out), "outcome: upgrade: 404 Not Found")
				require.Empty(t, proxy.asked)
				return
			}
			require.Contains(t, string(out), "outcome: upgrade: dial: proxy "+server.URL+": 407")
			require.Equal(t, test.asked, (<-proxy.asked).RequestURI)
		})
	}
}
