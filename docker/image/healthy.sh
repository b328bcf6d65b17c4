# Exits with 0 when the host may be sent requests. Images have no curl, and a Node.js that is started for each check takes
# more of the processor than a host at rest.
exec 3<>"/dev/tcp/127.0.0.1/${PORT:-3000}" || exit 1
printf 'GET /health/ready HTTP/1.0\r\n\r\n' >&3
read -r -t 3 _ status _ <&3
[ "$status" = 200 ]
