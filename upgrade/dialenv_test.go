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

// net/http reads the environment once, so that each case has a process of its own.
func TestEnvironmentNamesTheProxyAsForNetHTTP(t *testing.T) {
	if target := os.Getenv("UPGRADE_TEST_TARGET"); target != "" {
		var d upgrade.Dialer
		if os.Getenv("UPGRADE_TEST_DIAL") != "" {
			d.DialContext = newNetwork(t).DialContext
		}
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
	refused := "upgrade: dial: proxy " + server.URL + ": 407"
	for name, test := range map[string]struct {
		target, env, asked, want string
	}{
		"ws":                  {"ws://server.example/", "HTTP_PROXY=" + server.URL, "server.example:80", refused},
		"wss":                 {"wss://server.example/", "https_proxy=" + server.URL, "server.example:443", refused},
		"of the other scheme": {"ws://server.example:8080/", "HTTP_PROXY=" + server.URL + "\x00HTTPS_PROXY=http://127.0.0.1:1", "server.example:8080", refused},
		"loopback":            {"ws" + strings.TrimPrefix(direct.URL, "http"), "HTTP_PROXY=" + server.URL, "", "upgrade: 404 Not Found"},
		"own dial function":   {"ws://server.example/", "HTTP_PROXY=" + server.URL + "\x00UPGRADE_TEST_DIAL=own", "", "upgrade: dial: no host at tcp server.example:80"},
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
			require.Contains(t, string(out), "outcome: "+test.want)
			if test.asked != "" {
				require.Equal(t, test.asked, (<-proxy.asked).RequestURI)
			}
			require.Empty(t, proxy.asked)
		})
	}
}
