# The service as an image. It starts as Porch's function runner does (/home/nonroot/server, port 9445, uid 10001), so that
# it can stand in for that image in an existing Deployment.
FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends bubblewrap \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --user-group --create-home --home-dir /home/nonroot nonroot \
 && mkdir /home/nonroot/functions \
 && printf '#!/bin/sh\nexec node /app/dist/main.js "$@"\n' > /home/nonroot/server \
 && printf '#!/bin/sh\nexec node /app/dist/main.js health "$@"\n' > /home/nonroot/grpc-health-probe \
 && chmod 0755 /home/nonroot/server /home/nonroot/grpc-health-probe
COPY --from=build /build/node_modules /app/node_modules
COPY --from=build /build/dist /app/dist
COPY package.json LICENSE /app/
COPY proto /app/proto
ENV NODE_ENV=production
WORKDIR /home/nonroot
USER 10001:10001
EXPOSE 9445 9464
STOPSIGNAL SIGTERM
ENTRYPOINT ["/home/nonroot/server"]
