{{/* The release gives its name to everything: `helm install kubesentiment-kafka …`. */}}
{{- define "kubesentiment.name" -}}
{{ .Release.Name | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "kubesentiment.selector" -}}
app.kubernetes.io/name: kubesentiment
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Not those of the service: nothing must take the pod of `helm test` for one of its own. */}}
{{- define "kubesentiment.testLabels" -}}
app.kubernetes.io/name: kubesentiment-test
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "kubesentiment.peerLabels" -}}
app.kubernetes.io/name: kubesentiment-peers
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "kubesentiment.labels" -}}
{{ include "kubesentiment.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "kubesentiment.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}

{{- define "kubesentiment.serviceAccount" -}}
{{- with .Values.serviceAccount -}}
{{ .name | default (.create | ternary (include "kubesentiment.name" $) "default") }}
{{- end -}}
{{- end }}

{{- define "kubesentiment.httpSecret" -}}
{{ .Values.secrets.http.name | default (printf "%s-http" (include "kubesentiment.name" .)) }}
{{- end }}

{{/* What the program reads: the values under `config`, and where this chart puts things. */}}
{{- define "kubesentiment.config" -}}
{{- $kafka := dict -}}
{{- with .Values.secrets.tls -}}
{{- if .name -}}
{{- if .caKey }}{{ $_ := set $kafka "ssl_cafile" (printf "/run/secrets/kafka-tls/%s" .caKey) }}{{ end -}}
{{- if .certKey }}{{ $_ := set $kafka "ssl_certfile" (printf "/run/secrets/kafka-tls/%s" .certKey) }}{{ end -}}
{{- if .keyKey }}{{ $_ := set $kafka "ssl_keyfile" (printf "/run/secrets/kafka-tls/%s" .keyKey) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- with .Values.secrets.sasl -}}
{{- if .name -}}
{{- $_ := set $kafka "sasl_plain_username" (printf "${file:/run/secrets/kafka-sasl/%s}" .usernameKey) -}}
{{- $_ := set $kafka "sasl_plain_password" (printf "${file:/run/secrets/kafka-sasl/%s}" .passwordKey) -}}
{{- end -}}
{{- end -}}
{{- with .Values.secrets.oauth -}}
{{- if .name -}}
{{- $_ := set $kafka "sasl_oauth_client_id" (printf "${file:/run/secrets/kafka-oauth/%s}" .clientIdKey) -}}
{{- $_ := set $kafka "sasl_oauth_client_secret" (printf "${file:/run/secrets/kafka-oauth/%s}" .clientSecretKey) -}}
{{- end -}}
{{- end -}}
{{- $http := dict "host" "0.0.0.0" "port" .Values.http.port
    "token" (printf "${file:/run/secrets/http/%s}" .Values.secrets.http.key) -}}
{{- if .Values.peers.enabled -}}
{{- $url := printf "http://%s-peers:%d" (include "kubesentiment.name" .) (int .Values.http.port) -}}
{{- $_ := set $http "peers" (list $url) -}}
{{- end -}}
{{- $ours := dict "kafka" $kafka "http" $http -}}
{{- with .Values.secrets.keyring -}}
{{- if .name -}}
{{- $_ := set $ours "encryption" (dict "keyring" (printf "/run/secrets/keyring/%s" .key)) -}}
{{- end -}}
{{- end -}}
{{- toYaml (mustMergeOverwrite (deepCopy .Values.config) $ours) -}}
{{- end }}

{{/* The drain budget in whole seconds, and what comes after it. */}}
{{- define "kubesentiment.gracePeriod" -}}
{{- $drainMs := dig "kafka" "drain_timeout_ms" 20000 .Values.config | int -}}
{{ add (div (add $drainMs 999) 1000) .Values.shutdown.extraSeconds }}
{{- end }}

{{/* How fast pods come and go. By lag it has to be slow: a threshold overshoots. kafka_desired_replicas says what is needed. */}}
{{- define "kubesentiment.scaling" -}}
{{- if or (eq .Values.autoscaling.by "hpa") .Values.autoscaling.prometheusAddress -}}
scaleUp:
  stabilizationWindowSeconds: 0
  policies:
    - {type: Percent, value: 900, periodSeconds: 15}
scaleDown:
  stabilizationWindowSeconds: {{ .Values.autoscaling.scaleDownStabilizationSeconds }}
  policies:
    - {type: Percent, value: 50, periodSeconds: 60}
{{- else -}}
# Each change of the group costs a rebalance: quick up, slow down.
scaleUp:
  stabilizationWindowSeconds: 30
  policies:
    - {type: Percent, value: 100, periodSeconds: 60}
scaleDown:
  stabilizationWindowSeconds: {{ max 300 (int .Values.autoscaling.scaleDownStabilizationSeconds) }}
  policies:
    - {type: Pods, value: 1, periodSeconds: 120}
{{- end }}
{{- end }}
