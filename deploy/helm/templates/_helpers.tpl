{{- define "duban.labels" -}}
app.kubernetes.io/name: duban
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}

{{- /* What the pods share; takes the root, the component and the volume. */ -}}
{{- define "duban.pod" -}}
automountServiceAccountToken: false
terminationGracePeriodSeconds: 30
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
containers:
  - name: duban
    image: "{{ .root.Values.image.repository }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}"
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    args: [serve]
    env:
      {{- if .root.Values.split }}
      - {name: DUBAN_SERVICES, value: {{ .component }}}
      - {name: DATABASE_URL_FILE, value: /run/secrets/duban/database_url}
      - {name: NATS_URL_FILE, value: /run/secrets/duban/nats_url}
      - {name: NATS_REPLICAS, value: {{ .root.Values.natsReplicas | quote }}}
      {{- end }}
      {{- if .root.Values.ingress.enabled }}
      - {name: DUBAN_TRUSTED_PROXIES, value: {{ join "," .root.Values.trustedProxies | quote }}}
      {{- end }}
      - {name: DUBAN_DATA, value: /data}
      - {name: DUBAN_LISTEN, value: "0.0.0.0:8080"}
    ports:
      - {name: http, containerPort: 8080}
    startupProbe:
      httpGet: {path: /readyz, port: http}
      periodSeconds: 2
      failureThreshold: 150
    readinessProbe:
      httpGet: {path: /readyz, port: http}
      periodSeconds: 5
    livenessProbe:
      httpGet: {path: /healthz, port: http}
      periodSeconds: 10
      failureThreshold: 6
    resources: {{- toYaml .root.Values.resources | nindent 6 }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: {drop: [ALL]}
    volumeMounts:
      - {name: data, mountPath: /data}
      - {name: tmp, mountPath: /tmp}
      {{- if .root.Values.split }}
      - {name: secrets, mountPath: /run/secrets/duban, readOnly: true}
      {{- end }}
volumes:
  - name: tmp
    emptyDir: {}
  {{- if .root.Values.split }}
  - name: secrets
    secret: {secretName: {{ .root.Values.secretName }}}
  {{- end }}
  {{- if not .stateful }}
  - name: data
    emptyDir: {}
  {{- end }}
{{- end }}
