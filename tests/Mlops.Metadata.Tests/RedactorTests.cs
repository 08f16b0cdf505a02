using Mlops.Metadata;

namespace Mlops.Metadata.Tests;

public sealed class RedactorTests
{
    [Theory]
    [InlineData("clone https://ann:s3cret@git.example.com/x.git", "clone https://***@git.example.com/x.git")]
    [InlineData("Server=db;Password=s3 cret;Database=x", "Server=db;Password=***;Database=x")]
    [InlineData("--url=x?token=*** --db Server=db;Pwd=s3 cret;T=5", "--url=x?token=*** --db Server=db;Pwd=***;T=5")]
    [InlineData("Server=db;User=u;Password=hun,ter2", "Server=db;User=u;Password=***")]
    [InlineData("Server=db;User=u;Password=hun,ter2 & 'more\nnext line", "Server=db;User=u;Password=***\nnext line")]
    [InlineData("Server=db; Password=s3 cret", "Server=db; Password=***")]
    [InlineData("Server=db;Pwd=it's;", "Server=db;Pwd=***;")]
    [InlineData("Pwd=it's;Server=db", "Pwd=***;Server=db")]
    [InlineData("Pwd=it's;", "Pwd=***;")]
    [InlineData("Server=db;Password=\"a;b\"\"c\";Timeout=5", "Server=db;Password=***;Timeout=5")]
    [InlineData("cannot open 'Server=db;Password=a,b&c': timeout", "cannot open 'Server=db;Password=***': timeout")]
    [InlineData("{\"db\": \"Server=db;Password=a b,c\", \"epochs\": 3}", "{\"db\": \"Server=db;Password=***\", \"epochs\": 3}")]
    [InlineData("postgres://me:p/ss@db/x", "postgres://***@db/x")]
    [InlineData("postgres://me:12/s@s@db/x", "postgres://***@db/x")]
    [InlineData("https://me:p/ss@host/x", "https://***@host/x")]
    [InlineData("AWS_SECRET_ACCESS_KEY=wJalrXUt", "AWS_SECRET_ACCESS_KEY=***")]
    [InlineData("PRIVATE_KEY: 'abc'", "PRIVATE_KEY: ***")]
    [InlineData("Authorization: Bearer abcdefghijkl", "Authorization: Bearer ***")]
    [InlineData("Authorization: Basic YTpi", "Authorization: Basic ***")]
    [InlineData("{\"Proxy-Authorization\": \"Basic notbase64!\"}", "{\"Proxy-Authorization\": \"Basic ***\"}")]
    [InlineData("sent Basic dXNlcjpwYXNzd29yZA==, was refused", "sent Basic ***, was refused")]
    [InlineData("basic dXNlcjpwYXNzd29yZA.", "basic ***")]
    [InlineData("Basic asO2cmc6c8OpY3JldD8_", "Basic ***")]
    [InlineData("Basic avZyZzpz6WNyZXQ=", "Basic ***")]
    [InlineData("cut off: Basic dXNlcjpwYXNzd", "cut off: Basic ***")]
    [InlineData("https://store/x?sv=1&sig=abc%3D&se=2", "https://store/x?sv=1&sig=***&se=2")]
    [InlineData("train --password s3cret --epochs 3", "train --password *** --epochs 3")]
    [InlineData("train --db-token \"s3 cret\" x", "train --db-token *** x")]
    [InlineData("the key AKIAIOSFODNN7EXAMPLE here", "the key *** here")]
    [InlineData("glpat-abcdefghij0123456789 and hf_abcdefghijklmnopqrstuvwxyzABCDEF", "*** and ***")]
    [InlineData("jwt eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl!", "jwt ***!")]
    [InlineData("Bad string Host=x;Password=\"p;w\"\n   at Foo()", "Bad string Host=x;Password=***\n   at Foo()")]
    [InlineData("Host=x;Password=\"p;w\" (timeout)", "Host=x;Password=*** (timeout)")]
    [InlineData("(Host=x;Password=\"p;w\")", "(Host=x;Password=***")]
    [InlineData("Host=x;Password='p;w', twice.", "Host=x;Password=***, twice.")]
    [InlineData("Host=x;Pwd=\"p;w\".", "Host=x;Pwd=***")]
    [InlineData("Host=x;User Password=hun,ter2", "Host=x;User Password=***")]
    [InlineData("Endpoint=sb://x/;SharedAccessKey=a,b=;EntityPath=q", "Endpoint=sb://x/;SharedAccessKey=***;EntityPath=q")]
    [InlineData("lr=0.1; reset_pwd = 3, loss = 0.12", "lr=0.1; reset_pwd = ***, loss = 0.12")]
    [InlineData("lr=0.1; the old password = x, loss = 0.12", "lr=0.1; the old password = ***, loss = 0.12")]
    [InlineData("step 10; eos_token = </s>, vocab = 32000, loss = 0.12", "step 10; eos_token = ***, vocab = 32000, loss = 0.12")]
    [InlineData("cd /app; API_KEY=abc python train.py --epochs 10 --lr 0.1", "cd /app; API_KEY=*** python train.py --epochs 10 --lr 0.1")]
    [InlineData("Authorization: Token 9944b09199c62bcf", "Authorization: Token ***")]
    [InlineData("Authorization: ApiKey x", "Authorization: ApiKey ***")]
    [InlineData("authorization=9944b09199c62bcf9418", "authorization=***")]
    [InlineData("{\"Authorization\":\"Basic dXNl\\u002BZDEyMzQ==\",\"n\":1}", "{\"Authorization\":\"Basic ***\",\"n\":1}")]
    [InlineData("password=\"C:\\\" pwd=\"hunter2\"", "password=*** pwd=***")]
    [InlineData("[Authorization, Token abc], [Accept, */*]", "[Authorization, Token ***, [Accept, */*]")]
    [InlineData("{\"Authorization\": \"ApiKey abc\", \"n\": 1}", "{\"Authorization\": \"ApiKey ***\", \"n\": 1}")]
    [InlineData("{\\\"Authorization\\\":\\\"Bearer abc\\\"}", "{\\\"Authorization\\\":\\\"Bearer ***\\\"}")]
    [InlineData("{\\\"password\\\":\\\"hunter2\\\",\\\"n\\\":1}", "{\\\"password\\\":***,\\\"n\\\":1}")]
    [InlineData("{\\\"password\\\": \\\"a b\\\\\\\"c d\\\", \\\"n\\\": 1}", "{\\\"password\\\": ***, \\\"n\\\": 1}")]
    [InlineData("{\"password\": \"ab\\\"cd\", \"n\": 1}", "{\"password\": ***, \"n\": 1}")]
    [InlineData("{'password': 'ab\\'cd', 'n': 1}", "{'password': ***, 'n': 1}")]
    [InlineData("cut off: {\"password\": \"hunt er", "cut off: {\"password\": ***")]
    [InlineData("https://d1.cloudfront.net/x?Signature=ab~c-d_&Key-Pair-Id=K2J", "https://d1.cloudfront.net/x?Signature=***&Key-Pair-Id=K2J")]
    [InlineData("https://b/x?X-Amz-Date=2&X-Amz-Signature=fe5f&a=1", "https://b/x?X-Amz-Date=2&X-Amz-Signature=***&a=1")]
    [InlineData("Ocp-Apim-Subscription-Key: x, x-functions-key: y", "Ocp-Apim-Subscription-Key: ***, x-functions-key: ***")]
    [InlineData("signing-key=abc, ENCRYPTION_KEY=abc", "signing-key=***, ENCRYPTION_KEY=***")]
    [InlineData("export DB_PASS=hunter2", "export DB_PASS=***")]
    [InlineData("train --Smtp:Password hunter2 --db-pass hunter2 --signing-key k", "train --Smtp:Password *** --db-pass *** --signing-key ***")]
    [InlineData("token: Bearer abcdefghijkl, n", "token: *** ***, n")]
    [InlineData("train --token Bearer abcdefghijkl --n 3", "train --token *** *** --n 3")]
    [InlineData("Invalid token: Password=a,b;x=1", "Invalid token: ***;x=1")]
    [InlineData("{\"Authorization\":[\"Token abc\"],\"n\":1}", "{\"Authorization\":[\"Token ***\"],\"n\":1}")]
    [InlineData("{\"a\":\"{\\\"password\\\":\\\"a\\\\\\\\\\\",\\\"n\\\":1}\"}", "{\"a\":\"{\\\"password\\\":***,\\\"n\\\":1}\"}")]
    [InlineData("{\"db\":\"Server=db;Password=\\\"a;b\\\";T=5\"}", "{\"db\":\"Server=db;Password=***;T=5\"}")]
    [InlineData("{\\\"db\\\":\\\"Server=db;Password=a b\\\",\\\"n\\\":1}", "{\\\"db\\\":\\\"Server=db;Password=***\\\",\\\"n\\\":1}")]
    [InlineData("{\"password\": \"x\"}", "{\"password\": ***}")]
    [InlineData("{\"password\": \"x\\\"\", \"n\": 1}", "{\"password\": ***, \"n\": 1}")]
    [InlineData("{\"db\":\"Host=x;Password=\\\"a\\\"\\\"b;c\\\";T=5\"}", "{\"db\":\"Host=x;Password=***;T=5\"}")]
    [InlineData("{\"token\":\"a,\"secret\":\"b\"}", "{\"token\":***}")]
    [InlineData("{'password': b'x', 'n': 1}", "{'password': ***, 'n': 1}")]
    [InlineData("password: 'it''s x' # comment", "password: *** # comment")]
    [InlineData("d[\"password\"] = \"x\"; user[password]=x&n=1", "d[\"password\"] = ***; user[password]=***&n=1")]
    [InlineData("\"token\" => \"x\", token := \"x\", if token == \"x\":", "\"token\" => ***, token := ***, if token == ***:")]
    [InlineData("Command ['train', '--token', 'x', '-n', '3']", "Command ['train', '--token', ***, '-n', '3']")]
    [InlineData("train --db-pass=x; DJANGO_SECRET_KEY=x", "train --db-pass=***; DJANGO_SECRET_KEY=***")]
    [InlineData("cannot open 'Server=db;Password=': and 'Server=db;Password=a b'", "cannot open 'Server=db;Password=': and 'Server=db;Password=***'")]
    [InlineData("-----BEGIN PGP PRIVATE KEY BLOCK-----\nabc, cut", "***")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----", "***")]
    [InlineData("PRIVATE_KEY=\"-----BEGIN RSA PRIVATE KEY-----\nMIIabc\nMIIdef", "PRIVATE_KEY=***")]
    [InlineData("open \"Host=pg;Username=u;Password=\"#hunter;2\";Database=ml\" (attempt 3)", "open \"Host=pg;Username=u;Password=***;Database=ml\" (attempt 3)")]
    [InlineData("open \"Server=db;Password=\"a;b\"\": timeout after 30 s; retry=3", "open \"Server=db;Password=***\": timeout after 30 s; retry=3")]
    [InlineData("db='Server=x;Password=>a;T=5' token==b", "db='Server=x;Password=***;T=5' token=***")]
    [InlineData("Headers[\"Authorization\"] = \"Token abc\"", "Headers[\"Authorization\"] = \"Token ***\"")]
    public void Redact_secret_isMaskedAndAgainChangesNothing(string text, string expected)
    {
        Assert.Equal(expected, Redactor.Redact(text));
        Assert.Equal(expected, Redactor.Redact(expected));
    }

    [Theory]
    [InlineData("epoch 3: loss 0.5, 12,000 tokens/s, keys: 12")]
    [InlineData("see https://example.com/a?b=c and the tokenizer of the design")]
    [InlineData("http://localhost:5000/users/@me, http://[::1]:80/@x and https://registry.example.com/@scope/pkg@1.2")]
    [InlineData("step 3; it's fine; tokens=5, 'a'; rate=0.5")]
    [InlineData("tokens_per_second=500, monkey=1, basics")]
    [InlineData("basic training, Basic statistics; basic regression and a basic tokenizer")]
    [InlineData("Basic dXNlcm5hbWU= is the name alone, and the basic configuration.json a file")]
    [InlineData("C:\\models\\model.onnx --epochs 3 --key-frames 2")]
    [InlineData("Authorization: failed for user bob; \"Microsoft.AspNetCore.Authorization\": \"Warning\", authorization: denied user=\"bob\" status=403")]
    [InlineData("Authorization failed. These were not met:\nDenyAnonymousAuthorizationRequirement: Requires an authenticated user.")]
    [InlineData("authorization = true; Authorization: none; the authorization token and the authorization key were found")]
    [InlineData("{\"authorization\": {\"type\": \"none\"}}, authorization, authentication and auditing")]
    [InlineData("forward_pass=3, forward_pass: 0.5 s, backward pass: 3, PASS: 12, tests passed=12, first-pass = 4, --bypass x --compass y")]
    [InlineData("items.Select(token => token.Length), if (token == x), missing \"--token\", \"--n\", eval --min-sig 0.05")]
    [InlineData("signature: (float, float) -> float; model signature = [x]; Signature=x; sort_key=a, primary_key=b, signing key: a word")]
    public void Redact_ordinaryText_staysAsItIs(string text) => Assert.Equal(text, Redactor.Redact(text));

    [Theory]
    [InlineData("HF_TOKEN", "abc", "***")]
    [InlineData("--password", "abc", "***")]
    [InlineData("DB_PASSWORD_FILE", "/run/secret", "***")]
    [InlineData("API_KEY", "abc", "***")]
    [InlineData("DB_PASS", "abc", "***")]
    [InlineData("Smtp.Password", "abc", "***")]
    [InlineData("Smtp:Pass", "abc", "***")]
    [InlineData("Secrets:Db", "abc", "***")]
    [InlineData("COSMOS_PRIMARY_KEY", "abc", "***")]
    [InlineData("TABLE_SORT_KEY", "name", "name")]
    [InlineData("P_SIG", "0.05", "0.05")]
    [InlineData("BYPASS", "abc", "abc")]
    [InlineData("Secrets.Count", "3", "3")]
    [InlineData("OMP_NUM_THREADS", "4", "4")]
    [InlineData("PROXY", "http://ann:x@proxy:80", "http://***@proxy:80")]
    public void Redact_namedValue_isMaskedByItsName(string name, string value, string expected) => Assert.Equal(expected, Redactor.Redact(name, value));

    [Fact]
    public void RedactCommandLine_optionsAndValues_areMasked() => Assert.Equal(
        "train --token *** --db-password *** --url=https://***@host/x --epochs 3 \"a b\" \"\" --api-key=*** \"say \\\"hi\\\"\"",
        Redactor.RedactCommandLine(
            ["train", "--token", "tok1", "--db-password", "p w", "--url=https://u:p@host/x", "--epochs", "3", "a b", "", "--api-key=zzz", "say \"hi\""]));

    [Fact]
    public void RedactCommandLine_settingsOfConfiguration_areMasked() => Assert.Equal(
        "train --Smtp:Password *** /Smtp:Password *** Smtp:Password=*** --smtp.password *** --signing-key=*** --signing-key *** --db-pass *** -e DB_PASS=***",
        Redactor.RedactCommandLine(
        [
            "train", "--Smtp:Password", "h", "/Smtp:Password", "h", "Smtp:Password=h", "--smtp.password", "h", "--signing-key=h", "--signing-key", "h",
            "--db-pass", "h", "-e", "DB_PASS=h",
        ]));

    [Fact]
    public void RedactCommandLine_ordinaryArguments_stayAsTheyAre()
    {
        string[] arguments = ["train", "--Logging:Level", "Debug", "/etc/token", "x", "--url=https://x/y?sort-key=a", "--key-frames=2", "--no-pass-through", "y"];
        Assert.Equal(string.Join(' ', arguments), Redactor.RedactCommandLine(arguments));
    }

    [Theory]
    [InlineData("Authorization:", " ")]
    [InlineData("Authorization: Bearer", " ")]
    [InlineData("", "authorization:")]
    [InlineData("password=\"a", "\\")]
    [InlineData("", "password=\\\"")]
    [InlineData("", "password=\"a\n")]
    [InlineData("", "password=")]
    [InlineData("x=1;password='", "a\"")]
    [InlineData("", ";password=x")]
    [InlineData("", "-pass:")]
    [InlineData("", "token ")]
    [InlineData("", "a=")]
    [InlineData("", "a://b:c")]
    [InlineData("", "://")]
    [InlineData("", ";")]
    [InlineData("", "eyJabcdefgh-")]
    [InlineData("-----BEGIN ", "PRIVATE KEY")]
    public void Redact_longLine_comesToAnEnd(string start, string repeated)
    {
        // minutes where what is ahead is read anew at each place
        var text = start + string.Concat(Enumerable.Repeat(repeated, 50_000));
        Assert.NotEmpty(Redactor.Redact(text));
    }
}
