package conformance

// beyond are the cases in which an endpoint that does something else keeps RFC 6455 all the same, by their numbers or the beginnings of these.
var beyond = []struct {
	cases []string
	why   string
}{
	{
		[]string{"4.3.3", "4.3.6", "4.3.9", "4.3.12", "4.3.15", "4.3.18", "4.3.21", "4.3.24", "4.3.27", "4.3.30", "21.24", "21.25"},
		"no rule says that a header is judged before its payload is there",
	},
	{[]string{"6.4", "6.24", "6.25"}, "no rule says that a text is judged before all of it is there"},
	{[]string{"7.7.14", "7.7.15", "7.7.16", "7.8.14", "7.8.15", "7.8.16"}, "the code is in the registry, not in RFC 6455"},
	{[]string{"20.9.2"}, "no rule says what a server makes of a Host"},
	{[]string{"20.10.1", "20.10.2", "20.10.3", "20.10.4", "20.10.5"}, "RFC 6455, 10.2, leaves it to the server whose pages it takes"},
	{[]string{"20.14"}, "limits are the server's own"},
	{[]string{"20.16.1", "20.16.2", "20.16.4"}, "RFC 6455, 4.2.1, does not say that the request has no body"},
	{[]string{"21.27"}, "RFC 6455, 5.2, says how lengths are sent, not that others are refused"},
	{[]string{"21.28", "21.30", "21.31.2", "21.31.4"}, "no rule says that a limit is seen by the header"},
	{[]string{"21.32", "21.33"}, "limits are the endpoint's own"},
	{[]string{"21.44", "21.49", "21.50", "20.15"}, "deadlines are the endpoint's own"},
}

// markBeyond says of the cases that ask for more than the RFC does why that is so.
func markBeyond(cases []Case) {
	for _, b := range beyond {
		for _, pattern := range b.cases {
			for i, c := range cases {
				if c.Matches(pattern) {
					cases[i].Beyond = b.why
				}
			}
		}
	}
}
