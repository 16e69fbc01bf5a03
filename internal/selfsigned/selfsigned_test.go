package selfsigned_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/internal/selfsigned"
)

func TestCertificateIsTrustedByItsPoolAlone(t *testing.T) {
	cert, pool, err := selfsigned.Certificate("localhost", "127.0.0.1")
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = nil
	server.StartTLS()
	t.Cleanup(server.Close)

	trusting := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	t.Cleanup(trusting.CloseIdleConnections)
	resp, err := trusting.Get(server.URL)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())

	_, other, err := selfsigned.Certificate("localhost")
	require.NoError(t, err)
	stranger := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: other, MinVersion: tls.VersionTLS12}}}
	_, err = stranger.Get(server.URL) // there is none
	require.ErrorContains(t, err, "certificate")
}
